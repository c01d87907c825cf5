using System.Buffers.Binary;
using System.IO.Hashing;
using Grid.Abstractions;
using Grid.Storage.Log;

namespace Grid.Storage.Remote;

/// <summary>
/// Where the frames of a copied segment lie, an object beside it, little endian (docs/formats.md, "Remote segments"). The footer of the segment has positions alone, and one a frame, however small it is.
/// <code>
///  0  magic GRX1    8  base offset    24  end of the frames, bytes   32  XxHash3-64 of bytes 0..31 and all runs
///  4  version 1    16  end offset     28  runs                       40  runs, 24 bytes each: base offset, timestamp, position, head length
///  6  schema version
/// </code>
/// Runs are in the order of their offsets; each ends where the next one begins.
/// </summary>
internal sealed class RemoteIndex
{
    public const int HeadBytes = 40;
    private const int RunBytes = 24;
    private const int HashAt = 32;
    private const uint Magic = 'G' | ('R' << 8) | ('X' << 16) | ('1' << 24);
    private const ushort Version = 1;
    private readonly RemoteRun[] _runs;
    private readonly int _framesEnd;

    private RemoteIndex(SchemaVersion schemaVersion, RemoteRun[] runs, LogOffset end, int framesEnd)
    {
        SchemaVersion = schemaVersion;
        _runs = runs;
        EndOffset = end;
        _framesEnd = framesEnd;
    }

    public SchemaVersion SchemaVersion { get; }

    public LogOffset EndOffset { get; }

    public ReadOnlySpan<RemoteRun> Runs => _runs;

    /// <summary>Bytes that it takes in memory, about.</summary>
    public int Bytes => HeadBytes + (RunBytes * _runs.Length);

    /// <summary>The index of a sealed segment.</summary>
    public static RemoteIndex Of(Segment segment)
    {
        var marks = segment.Index.Marks;
        var runs = new List<RemoteRun>();
        for (var i = 0; i < marks.Length - 1; i++)
        {
            var end = marks[i + 1].Position;
            var isLarge = end - marks[i].Position > RemoteLimits.RunBytesMax;
            if (isLarge || runs.Count == 0 || runs[^1].HeadLength > 0 || end - runs[^1].Position > RemoteLimits.RunBytesMax)
                runs.Add(new RemoteRun(marks[i].BaseOffset, marks[i].TimestampMs, marks[i].Position, isLarge ? FrameHeader.Size + marks[i].MetadataLength : 0));
        }

        return new RemoteIndex(segment.SchemaVersion, [.. runs], segment.EndOffset, marks[^1].Position);
    }

    /// <summary>The byte behind a run.</summary>
    public int EndOf(int run) => run + 1 < _runs.Length ? _runs[run + 1].Position : _framesEnd;

    /// <summary>The offset behind a run.</summary>
    public LogOffset EndOffsetOf(int run) => run + 1 < _runs.Length ? new LogOffset(_runs[run + 1].BaseOffset) : EndOffset;

    /// <summary>The run that holds an offset.</summary>
    public int Find(LogOffset offset)
    {
        int low = 0, high = _runs.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_runs[middle].BaseOffset <= offset.Value)
                low = middle + 1;
            else
                high = middle;
        }

        return Math.Max(0, low - 1);
    }

    /// <summary>The last run that begins before a time: its frames, or the first one of the next run, are the first that do not. -1: none begins before it.</summary>
    public int FindBefore(long timestampMs)
    {
        int low = 0, high = _runs.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_runs[middle].TimestampMs < timestampMs)
                low = middle + 1;
            else
                high = middle;
        }

        return low - 1;
    }

    public byte[] Write()
    {
        var bytes = new byte[Bytes];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), Version);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(6), SchemaVersion.Value);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), _runs[0].BaseOffset);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), EndOffset.Value);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(24), _framesEnd);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(28), _runs.Length);
        for (var i = 0; i < _runs.Length; i++)
        {
            var run = bytes.AsSpan(HeadBytes + (i * RunBytes));
            BinaryPrimitives.WriteInt64LittleEndian(run, _runs[i].BaseOffset);
            BinaryPrimitives.WriteInt64LittleEndian(run[8..], _runs[i].TimestampMs);
            BinaryPrimitives.WriteInt32LittleEndian(run[16..], _runs[i].Position);
            BinaryPrimitives.WriteInt32LittleEndian(run[20..], _runs[i].HeadLength);
        }

        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(HashAt), HashOf(bytes));
        return bytes;
    }

    /// <summary>Reads the index of a segment; it has to be the one that the manifest means.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>.</exception>
    public static RemoteIndex Read(string name, in RemoteSegment segment, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeadBytes || bytes.Length != segment.IndexBytes || XxHash3.HashToUInt64(bytes) != segment.IndexHash)
            throw RemoteErrors.Damaged(name, $"its {bytes.Length} bytes are not the {segment.IndexBytes} that the manifest means");
        var count = BinaryPrimitives.ReadInt32LittleEndian(bytes[28..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic || BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]) != Version
            || BinaryPrimitives.ReadUInt64LittleEndian(bytes[HashAt..]) != HashOf(bytes) || count < 1 || count != (bytes.Length - HeadBytes) / RunBytes || (bytes.Length - HeadBytes) % RunBytes != 0)
            throw RemoteErrors.Damaged(name, "its magic, version, hash or count is wrong");
        var runs = new RemoteRun[count];
        for (var i = 0; i < count; i++)
        {
            var run = bytes[(HeadBytes + (i * RunBytes))..];
            runs[i] = new RemoteRun(BinaryPrimitives.ReadInt64LittleEndian(run), BinaryPrimitives.ReadInt64LittleEndian(run[8..]),
                BinaryPrimitives.ReadInt32LittleEndian(run[16..]), BinaryPrimitives.ReadInt32LittleEndian(run[20..]));
        }

        var index = new RemoteIndex(new SchemaVersion(BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..])), runs,
            new LogOffset(BinaryPrimitives.ReadInt64LittleEndian(bytes[16..])), BinaryPrimitives.ReadInt32LittleEndian(bytes[24..]));
        return index.FindProblem(segment) is { } problem ? throw RemoteErrors.Damaged(name, problem) : index;
    }

    private static ulong HashOf(ReadOnlySpan<byte> bytes)
    {
        var hash = new XxHash3();
        hash.Append(bytes[..HashAt]);
        hash.Append(bytes[HeadBytes..]);
        return hash.GetCurrentHashAsUInt64();
    }

    private string? FindProblem(in RemoteSegment segment)
    {
        if (_runs[0].BaseOffset != segment.BaseOffset.Value || EndOffset != segment.EndOffset || SchemaVersion != segment.SchemaVersion || _framesEnd > segment.Bytes)
            return $"it is of rows {_runs[0].BaseOffset} to {EndOffset} of schema version {SchemaVersion}, the segment has {segment.BaseOffset} to {segment.EndOffset} of {segment.SchemaVersion}";
        for (var i = 0; i < _runs.Length; i++)
        {
            var (run, length) = (_runs[i], (long)EndOf(i) - _runs[i].Position);
            var legal = run.HeadLength == 0 ? RemoteLimits.RunBytesMax : FrameHeader.Size + FrameHeader.MessageLengthMax;
            if (run.Position < 0 || length < FrameHeader.Size || length > legal || run.BaseOffset < 0 || run.BaseOffset >= EndOffsetOf(i).Value
                || (run.HeadLength != 0 && (run.HeadLength <= FrameHeader.Size + ArrowMessage.PrefixBytes || run.HeadLength > length))
                || (i > 0 && run.TimestampMs < _runs[i - 1].TimestampMs))
                return $"run {i} has offset {run.BaseOffset}, byte {run.Position}, {length} bytes and a head of {run.HeadLength}";
        }

        return null;
    }
}
