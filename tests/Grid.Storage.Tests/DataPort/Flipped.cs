using Grid.Testing.Streams;

namespace Grid.Storage.Tests.DataPort;

/// <summary>A stream whose bytes are not those on the wire, as with TLS.</summary>
internal sealed class Flipped(Stream inner) : ConnectionStream(inner)
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await base.ReadAsync(buffer, cancellationToken);
        Flip(buffer.Span[..read]);
        return read;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var copy = buffer.ToArray();
        Flip(copy);
        await base.WriteAsync(copy, cancellationToken);
    }

    private static void Flip(Span<byte> bytes)
    {
        foreach (ref var b in bytes)
            b ^= 0x5a;
    }
}
