namespace Grid.Client.Tests.Fakes;

/// <summary>A connection that carries so many bytes to the peer, and then breaks in the middle of whatever it carries.</summary>
internal sealed class BreakingStream(Stream inner, long breaksAfter) : Stream
{
    private long _left = breaksAfter;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => inner.ReadAsync(buffer, cancellationToken);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var carried = (int)Math.Min(_left, buffer.Length);
        await inner.WriteAsync(buffer[..carried], cancellationToken);
        _left -= carried;
        if (carried < buffer.Length)
        {
            await inner.DisposeAsync();
            throw new IOException("The wire broke.");
        }
    }

    protected override void Dispose(bool disposing)
    {
        inner.Dispose();
        base.Dispose(disposing);
    }
}
