using Grid.Storage.Lake.Files;

namespace Grid.Storage.Tests.Lake.Tables;

/// <summary>
/// A warehouse as one client sees it: its calls fail before or after they had their effect, and creates that failed land later, while other calls are made. Or the client dies at its n-th call. Each call asks
/// for its turn, so that several clients take theirs in the order of a seed.
/// </summary>
internal sealed class FaultyLake(ILakeStore inner, Random random, double faults, List<Func<Task>> late, Func<Task> turnAsync) : ILakeStore
{
    /// <summary>The call at which it dies, from 0, and whether that one still has its effect.</summary>
    public (int Call, bool After) KilledAt { get; init; } = (int.MaxValue, false);

    /// <summary>Calls made.</summary>
    public int Calls { get; private set; }

    public string Root => inner.Root;

    public Task<bool> TryCreateAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        CallAsync(() => inner.TryCreateAsync(name, content, cancellationToken), mayLandLate: true);

    public async Task<bool> TryCreateFromAsync(string name, Stream content, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        await content.CopyToAsync(bytes, cancellationToken);
        return await TryCreateAsync(name, bytes.ToArray(), cancellationToken);
    }

    public Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => CallAsync(async () =>
    {
        await inner.PutAsync(name, content, cancellationToken);
        return true;
    }, mayLandLate: true);

    public Task<long?> FindLengthAsync(string name, CancellationToken cancellationToken) => CallAsync(() => inner.FindLengthAsync(name, cancellationToken));

    public Task<ReadOnlyMemory<byte>?> ReadRangeAsync(string name, long offset, int length, CancellationToken cancellationToken) => CallAsync(() => inner.ReadRangeAsync(name, offset, length, cancellationToken));

    public Task<bool> DeleteAsync(string name, CancellationToken cancellationToken) => CallAsync(() => inner.DeleteAsync(name, cancellationToken));

    public async IAsyncEnumerable<LakeEntry> ListAsync(string prefix, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await CallAsync(() => Task.FromResult(true));
        await foreach (var entry in inner.ListAsync(prefix, cancellationToken))
            yield return entry;
    }

    private async Task<T> CallAsync<T>(Func<Task<T>> effectAsync, bool mayLandLate = false)
    {
        await turnAsync();
        var call = Calls++;
        if (call >= KilledAt.Call)
        {
            if (KilledAt.After && call == KilledAt.Call)
                await effectAsync();
            throw new LakeKilledException();
        }

        if (late.Count > 0 && random.Next(4) == 0)
        {
            var landing = late[random.Next(late.Count)];
            late.Remove(landing);
            await landing();
        }

        if (random.NextDouble() >= faults)
            return await effectAsync();
        switch (random.Next(mayLandLate ? 3 : 2))
        {
            case 0:
                break;
            case 1:
                await effectAsync();
                break;
            default:
                late.Add(effectAsync);
                break;
        }

        throw new IOException("the store failed");
    }
}
