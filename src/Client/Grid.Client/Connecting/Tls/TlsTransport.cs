using System.IO.Pipelines;
using System.Net.Security;

namespace Grid.Client.Connecting.Tls;

/// <summary>
/// A TLS stream as the pipes that a connection works on. Bounded: it reads when it is asked to, at most one buffer ahead of what is consumed, and a flush returns when everything
/// is with the transport.
/// </summary>
internal sealed class TlsTransport(SslStream stream) : IDuplexPipe, IAsyncDisposable
{
    // Four TLS records (16 KiB of plain text each).
    private const int BufferBytes = 4 * 16 * 1024;

    // Less room than one record would cut records in two reads.
    private const int ReadBytesLeast = 16 * 1024;

    public PipeReader Input { get; } = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: BufferBytes, minimumReadSize: ReadBytesLeast, leaveOpen: true));

    public PipeWriter Output { get; } = PipeWriter.Create(stream, new StreamPipeWriterOptions(minimumBufferSize: BufferBytes, leaveOpen: true));

    /// <summary>Gives the buffers back and ends TLS; the transport below stays the connection's.</summary>
    public async ValueTask DisposeAsync()
    {
        await Input.CompleteAsync().ConfigureAwait(false);
        // With a failure nothing is sent any more: whatever the connection wanted to send it has flushed.
        await Output.CompleteAsync(new OperationCanceledException("The connection is closing.")).ConfigureAwait(false);
        await stream.DisposeAsync().ConfigureAwait(false);
    }
}
