namespace Grid.Storage.Tests.Lake.Parquet;

/// <summary>Fails with an exception that nothing else throws.</summary>
internal sealed class FailingStream(int failAfterBytes) : Stream
{
    private int _bytes;

    public TimeZoneNotFoundException? Thrown { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => true;

    public override long Length => 1000;

    public override long Position { get; set; }

    public override int Read(byte[] buffer, int offset, int count) => throw (Thrown ??= new TimeZoneNotFoundException("read"));

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _bytes += buffer.Length;
        if (_bytes > failAfterBytes)
            throw (Thrown ??= new TimeZoneNotFoundException("write"));
    }

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => Position + offset,
        _ => Length + offset,
    };

    public override void Flush()
    {
        // Nothing is kept.
    }

    public override void SetLength(long value) => throw new NotSupportedException();
}
