using System.Buffers.Binary;
using Grid.Abstractions;
using Grid.Storage.Files;

namespace Grid.Storage.Log;

/// <summary>
/// Walks the frames of a file from header to header. Without message checks it reads little more than the headers: long strides take one small read a
/// frame, short ones are read through in large pieces. With them it reads everything and checks each message's hash.
/// </summary>
internal sealed class FrameWalk : IDisposable
{
    /// <summary>Bytes before a message's flatbuffer: continuation marker and length.</summary>
    public const int PrefixLength = 8;

    private const int HeadLength = FrameHeader.Size + PrefixLength;
    private const int ShortStride = 32 * 1024;
    private const int WindowLength = 256 * 1024;
    private readonly FileWindow _window;
    private readonly long _end;
    private readonly bool _checkMessages;
    private int _stride;

    /// <summary>Starts before the frame at <paramref name="position"/>; the frames end at <paramref name="end"/>.</summary>
    public FrameWalk(IFile file, long position, long end, bool checkMessages)
    {
        _window = new FileWindow(file, end, WindowLength);
        _end = end;
        _checkMessages = checkMessages;
        NextPosition = position;
    }

    /// <summary>The frame's header.</summary>
    public FrameHeader Header { get; private set; }

    /// <summary>The byte of the frame's header.</summary>
    public long Position { get; private set; }

    /// <summary>Bytes of the message before its body.</summary>
    public int MetadataLength { get; private set; }

    /// <summary>Where the next frame begins; after the walk, where the good frames end.</summary>
    public long NextPosition { get; private set; }

    /// <summary>Why the walk ended before the end; null: it did not.</summary>
    public string? Damage { get; private set; }

    /// <summary>The frame's message, where messages are checked; valid until the next call.</summary>
    public ReadOnlyMemory<byte> Message { get; private set; }

    /// <summary>Goes to the next frame; false at the end and at the first damage.</summary>
    public bool Next()
    {
        if (NextPosition == _end || Damage is not null)
            return false;
        Damage = Check();
        return Damage is null;
    }

    /// <summary>Takes the frame back: it is whole, but does not belong here.</summary>
    public void StepBack() => NextPosition = Position;

    public void Dispose() => _window.Dispose();

    private string? Check()
    {
        var position = NextPosition;
        var ahead = _checkMessages || (_stride is > 0 and < ShortStride) ? WindowLength : 0;
        var head = _window.Need(position, (int)Math.Min(HeadLength, _end - position), ahead).Span;
        var error = FrameHeader.TryRead(head, out var header);
        if (error != FrameHeaderError.None)
            return $"its header is wrong ({error})";
        if (header.FrameLength > _end - position)
            return $"it is {header.FrameLength} bytes long and {_end - position} are left";
        if (header.MessageLength < PrefixLength || head.Length < HeadLength)
            return $"its message of {header.MessageLength} bytes is too short for one";
        var metadataLength = PrefixLength + (long)BinaryPrimitives.ReadUInt32LittleEndian(head[(FrameHeader.Size + 4)..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(head[FrameHeader.Size..]) != uint.MaxValue || metadataLength > header.MessageLength)
            return "its message does not begin as an Arrow message";
        if (_checkMessages)
        {
            var frame = _window.Need(position, header.FrameLength, ahead);
            if (frame.Length < header.FrameLength || FrameHeader.HashOf(frame.Span[FrameHeader.Size..]) != header.MessageHash)
                return "its message does not have the hash that the header says";
            Message = frame[FrameHeader.Size..];
        }

        Header = header;
        Position = position;
        MetadataLength = (int)metadataLength;
        NextPosition = position + header.FrameLength;
        _stride = header.FrameLength;
        return null;
    }
}
