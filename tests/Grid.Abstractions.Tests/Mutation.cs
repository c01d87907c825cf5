namespace Grid.Abstractions.Tests;

/// <summary>Damages bytes and texts the way a fuzzer does: flips, overwrites, cuts, repeats.</summary>
internal static class Mutation
{
    public static byte[] Of(byte[] bytes, Random random)
    {
        var list = new List<byte>(bytes);
        Mutate(list, random, () => random.Next(4) switch { 0 => (byte)0, 1 => (byte)1, 2 => (byte)255, _ => (byte)random.Next(256) });
        return [.. list];
    }

    public static string Of(string text, Random random, string alphabet)
    {
        var list = new List<char>(text);
        Mutate(list, random, () => alphabet[random.Next(alphabet.Length)]);
        return new string([.. list]);
    }

    private static void Mutate<T>(List<T> list, Random random, Func<T> next)
    {
        for (var times = random.Next(1, 4); times > 0; times--)
        {
            var at = random.Next(list.Count + 1);
            switch (random.Next(5))
            {
                case 0 when at < list.Count:
                    list.RemoveRange(at, random.Next(1, list.Count - at + 1));
                    break;
                case 1:
                    list.Insert(at, next());
                    break;
                case 2 when list.Count < 10_000:
                    list.InsertRange(at, list.GetRange(0, at));
                    break;
                default:
                    if (at < list.Count)
                        list[at] = next();
                    break;
            }
        }
    }
}
