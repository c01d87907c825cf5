using System.Buffers;
using System.IO.Pipelines;

namespace Grid.Client.Connecting.Tls;

/// <summary>A connection's pipes as the stream that TLS wants. It owns nothing: the pipes are the connection's.</summary>
internal sealed class TransportStream(IDuplexPipe transport) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var result = await transport.Input.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (result.IsCanceled)
        {
            // Orleans cancels the read of a connection that it closes, once, and waits for the failure: it must not get lost, whatever was read with it.
            transport.Input.AdvanceTo(result.Buffer.Start);
            throw new OperationCanceledException("The connection is closing.");
        }

        // TLS reads into nothing, to wait until there is something: that must take nothing.
        var count = (int)Math.Min(result.Buffer.Length, buffer.Length);
        result.Buffer.Slice(0, count).CopyTo(buffer.Span);
        transport.Input.AdvanceTo(count == 0 ? result.Buffer.Start : result.Buffer.GetPosition(count));
        return count;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // Waits where the transport is full: nothing is buffered here.
        var result = await transport.Output.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (result.IsCanceled)
            throw new OperationCanceledException("The connection is closing.");
        if (result.IsCompleted)
            throw new IOException("The connection was closed by the other side.");
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask; // every write is a flush

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    // Orleans completes its writer without waiting; only then, and only where a flush before it has failed, something is left to be written in this way.
    public override void Write(byte[] buffer, int offset, int count) => WriteAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
