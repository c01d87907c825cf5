using Grid.Testing.Streams;

namespace Grid.Client.Tests.Fakes;

/// <summary>A connection that carries so many bytes to the peer, and then breaks in the middle of whatever it carries.</summary>
internal sealed class BreakingStream(Stream inner, long breaksAfter) : ConnectionStream(inner)
{
    private long _left = breaksAfter;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var carried = (int)Math.Min(_left, buffer.Length);
        await base.WriteAsync(buffer[..carried], cancellationToken);
        _left -= carried;
        if (carried < buffer.Length)
        {
            await Inner.DisposeAsync();
            throw new IOException("The wire broke.");
        }
    }
}
