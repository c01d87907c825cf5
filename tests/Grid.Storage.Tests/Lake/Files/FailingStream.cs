using Grid.Storage.Tests.Objects;

namespace Grid.Storage.Tests.Lake.Files;

/// <summary>A stream that fails in the middle.</summary>
internal sealed class FailingStream(int after) : Stream
{
    private readonly PatternStream _pattern = new(1, after);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => _pattern.Read(buffer, offset, count) is > 0 and var read ? read : throw new InvalidDataException("The stream ends here.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
