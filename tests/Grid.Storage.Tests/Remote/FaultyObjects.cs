using System.Runtime.CompilerServices;
using Grid.Abstractions;
using Grid.Storage.Objects;

namespace Grid.Storage.Tests.Remote;

/// <summary>
/// An object store as one client sees it: its calls fail before or after they had their effect, and writes that failed land later, while other calls are made, also those of other clients. Or the client dies at its n-th call.
/// </summary>
internal sealed class FaultyObjects(IObjectStore inner, Random random, double faults, List<Func<Task>> late) : IObjectStore
{
    /// <summary>The call at which it dies, from 0, and whether that one still has its effect.</summary>
    public (int Call, bool After) KilledAt { get; set; } = (int.MaxValue, false);

    /// <summary>Calls made.</summary>
    public int Calls { get; private set; }

    public Task<ObjectEntry?> FindAsync(string name, CancellationToken cancellationToken) => CallAsync(() => inner.FindAsync(name, cancellationToken));

    public Task<ObjectContent?> ReadAsync(string name, CancellationToken cancellationToken) => CallAsync(() => inner.ReadAsync(name, cancellationToken));

    public Task<ObjectContent?> ReadRangeAsync(string name, long offset, int length, CancellationToken cancellationToken) => CallAsync(() => inner.ReadRangeAsync(name, offset, length, cancellationToken));

    public Task<ObjectTag?> TryCreateAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        CallAsync(() => inner.TryCreateAsync(name, content, CancellationToken.None), mayLandLate: true);

    public async Task<ObjectTag?> TryCreateFromAsync(string name, Stream content, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        await content.CopyToAsync(bytes, cancellationToken);
        return await TryCreateAsync(name, bytes.ToArray(), cancellationToken);
    }

    public Task<ObjectTag?> TryReplaceAsync(string name, ReadOnlyMemory<byte> content, ObjectTag expected, CancellationToken cancellationToken) =>
        CallAsync(() => inner.TryReplaceAsync(name, content, expected, CancellationToken.None), mayLandLate: true);

    public Task<bool> DeleteAsync(string name, CancellationToken cancellationToken) => CallAsync(() => inner.DeleteAsync(name, CancellationToken.None), mayLandLate: true);

    public Task<bool> TryDeleteAsync(string name, ObjectTag expected, CancellationToken cancellationToken) =>
        CallAsync(() => inner.TryDeleteAsync(name, expected, CancellationToken.None), mayLandLate: true);

    public async IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await CallAsync(() => Task.FromResult(true));
        await foreach (var entry in inner.ListAsync(prefix, cancellationToken))
            yield return entry;
    }

    private async Task<T> CallAsync<T>(Func<Task<T>> effectAsync, bool mayLandLate = false)
    {
        var call = Calls++;
        if (call >= KilledAt.Call)
        {
            if (KilledAt.After && call == KilledAt.Call)
                await effectAsync();
            throw Failed();
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

        throw Failed();
    }

    private static GridException Failed() => new(GridErrorCode.StorageFailed, "the store failed");
}
