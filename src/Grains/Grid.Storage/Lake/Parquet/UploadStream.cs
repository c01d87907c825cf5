using System.IO.Pipelines;

namespace Grid.Storage.Lake.Parquet;

/// <summary>
/// The write side of an upload as a blocking stream: a write returns when the pipe has room again. It goes through in pieces, so that the pipe's bound
/// holds for large writes too.
/// </summary>
internal sealed class UploadStream(PipeWriter pipe, CancellationToken cancellationToken) : Stream
{
    /// <summary>Longest piece: by how much the pipe may pass its bound.</summary>
    public const int PieceBytes = 64 * 1024;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException("The stream is a pipe.");

    public override long Position
    {
        get => throw new NotSupportedException("The stream is a pipe.");
        set => throw new NotSupportedException("The stream is a pipe.");
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var piece = Math.Min(buffer.Length, PieceBytes);
            buffer[..piece].CopyTo(pipe.GetSpan(piece));
            pipe.Advance(piece);
            buffer = buffer[piece..];
            var flush = pipe.FlushAsync(cancellationToken);
            var result = flush.IsCompletedSuccessfully ? flush.Result : flush.AsTask().GetAwaiter().GetResult();
            if (result.IsCompleted)
                throw new IOException("The upload ended before the file did.");
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        // Every write is flushed.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("The stream is for writing.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("The stream is a pipe.");

    public override void SetLength(long value) => throw new NotSupportedException("The stream is a pipe.");
}
