using System.Buffers;
using System.Runtime.ExceptionServices;

namespace Grid.Storage.Lake.Parquet;

/// <summary>
/// Between the native writer and the file's stream: counts, keeps the last bytes once told to, and remembers what the stream threw, because the native
/// writer passes on its text only. What it still writes after a failure, or after the file was given up, goes nowhere.
/// </summary>
internal sealed class LakeOutput(Stream output) : Stream
{
    private byte[] _tail = [];
    private int _tailBytes;
    private int _tailMax;
    private bool _discards;

    /// <summary>Bytes written.</summary>
    public long Bytes { get; private set; }

    /// <summary>What the stream threw first.</summary>
    public ExceptionDispatchInfo? Failure { get; private set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => Bytes;

    public override long Position
    {
        get => Bytes;
        set => throw new NotSupportedException("The file is written from its beginning to its end.");
    }

    /// <summary>From now on, keeps the last bytes, this many at least. The memory is rented until this is disposed.</summary>
    public void KeepTail(int bytes)
    {
        // Twice as much, so that the buffer is moved once in a while instead of with every write.
        _tail = ArrayPool<byte>.Shared.Rent(2 * bytes);
        (_tailBytes, _tailMax) = (0, bytes);
    }

    /// <summary>The last bytes; valid until the next write.</summary>
    public ReadOnlySpan<byte> Tail => _tail.AsSpan(0, _tailBytes);

    /// <summary>Lets nothing more through: the file is given up, and the native writer would end it as if it were whole.</summary>
    public void Discard() => _discards = true;

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (_discards)
            return;
        Failure?.Throw();
        try
        {
            output.Write(buffer);
        }
        catch (Exception e)
        {
            Failure = ExceptionDispatchInfo.Capture(e);
            throw;
        }

        Bytes += buffer.Length;
        if (_tailMax > 0)
            AddToTail(buffer);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        // The stream's owner flushes it.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("The stream is for writing.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("The file is written from its beginning to its end.");

    public override void SetLength(long value) => throw new NotSupportedException("The file is written from its beginning to its end.");

    protected override void Dispose(bool disposing)
    {
        if (disposing && _tail.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_tail);
            (_tail, _tailBytes, _tailMax) = ([], 0, 0);
        }

        base.Dispose(disposing);
    }

    private void AddToTail(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _tailMax)
            bytes = bytes[^_tailMax..];
        if (_tailBytes + bytes.Length > 2 * _tailMax)
        {
            _tail.AsSpan(_tailBytes - _tailMax, _tailMax).CopyTo(_tail);
            _tailBytes = _tailMax;
        }

        bytes.CopyTo(_tail.AsSpan(_tailBytes));
        _tailBytes += bytes.Length;
    }
}
