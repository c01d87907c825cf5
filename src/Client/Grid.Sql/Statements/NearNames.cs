namespace Grid.Sql.Statements;

/// <summary>Names that may have been meant.</summary>
internal static class NearNames
{
    private const int NamesMax = 3;

    /// <summary>The nearest names, at most three, of those that differ by few letters.</summary>
    public static IReadOnlyList<string> Of(string name, IEnumerable<string> names) =>
        [.. names.Select(other => (other, distance: Distance(name.ToUpperInvariant(), other.ToUpperInvariant())))
            .Where(pair => pair.distance <= Math.Max(2, name.Length / 3))
            .OrderBy(pair => pair.distance).ThenBy(pair => pair.other, StringComparer.Ordinal)
            .Take(NamesMax).Select(pair => pair.other)];

    /// <summary>"; did you mean a, b or c?", or nothing.</summary>
    public static string Hint(IReadOnlyList<string> near) => near.Count switch
    {
        0 => "",
        1 => $" Did you mean {near[0]}?",
        _ => $" Did you mean {string.Join(", ", near.Take(near.Count - 1))} or {near[^1]}?",
    };

    /// <summary>Letters to insert, delete, replace, or neighbours to swap.</summary>
    private static int Distance(string left, string right)
    {
        int[] before = [], last = [.. Enumerable.Range(0, right.Length + 1)];
        for (var i = 1; i <= left.Length; i++)
        {
            var row = new int[right.Length + 1];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                row[j] = Math.Min(Math.Min(last[j], row[j - 1]) + 1, last[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
            }

            (before, last) = (last, row);
        }

        return last[^1];
    }
}
