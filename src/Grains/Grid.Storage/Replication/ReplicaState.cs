using System.Buffers.Binary;
using System.IO.Hashing;
using Grid.Abstractions;
using Grid.Storage.Files;

namespace Grid.Storage.Replication;

/// <summary>
/// What a replica remembers beside its log, 64 bytes in <c>replica.state</c> of the bucket's folder, little endian (docs/formats.md, "Replica state"):
/// <code>
///  0  magic GRR1    4  version 1 (u16)    6  zeros    8  epoch (i32)    12  zeros    16  high watermark (i64)    24  boot id (16 bytes)
/// 40  1: flushed    41  zeros        56  XxHash3-64 of bytes 0..55
/// </code>
/// </summary>
/// <param name="Epoch">The highest epoch it has promised to: lower ones are refused.</param>
/// <param name="HighWatermark">Everything below it was committed when this was written.</param>
/// <param name="Boot">The machine's boot in which the replica was known to be complete; where a flush policy leaves pages to the operating system, a later boot may
/// have lost its last moments. Empty: it is not known to be complete.</param>
/// <param name="Flushed">Whether everything it acknowledges is flushed first, so that a later boot has it too.</param>
internal readonly record struct ReplicaState(LeaderEpoch Epoch, LogOffset HighWatermark, Guid Boot, bool Flushed)
{
    public const string FileName = "replica.state";
    private const int Size = 64;
    private const uint Magic = 'G' | ('R' << 8) | ('R' << 16) | ('1' << 24);
    private const ushort FormatVersion = 1;
    private const int HashedLength = 56;

    /// <summary>Reads the state; null where there is none. Blocking.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>.</exception>
    public static ReplicaState? Read(IFileStore files, string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!files.Exists(path))
            return null;
        using var file = files.Open(path);
        Span<byte> bytes = stackalloc byte[Size];
        var length = 0;
        for (int read; length < Size && (read = file.Read(bytes[length..], length)) > 0;)
            length += read;
        if (length != Size
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic
            || BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]) != FormatVersion
            || BinaryPrimitives.ReadUInt64LittleEndian(bytes[HashedLength..]) != XxHash3.HashToUInt64(bytes[..HashedLength]))
            throw new GridException(GridErrorCode.Corrupt,
                $"{path} is damaged. Move the bucket's folder away: the replica is then filled again from its leader.");
        return new ReplicaState(
            new LeaderEpoch(BinaryPrimitives.ReadInt32LittleEndian(bytes[8..])),
            new LogOffset(BinaryPrimitives.ReadInt64LittleEndian(bytes[16..])),
            new Guid(bytes.Slice(24, 16)),
            bytes[40] != 0);
    }

    /// <summary>Writes the state; durable when it returns, and after a crash the old or the new one is there. Blocking.</summary>
    public void Write(IFileStore files, string folder)
    {
        var bytes = new byte[Size];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), FormatVersion);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), Epoch.Value);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), HighWatermark.Value);
        Boot.TryWriteBytes(bytes.AsSpan(24));
        bytes[40] = Flushed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(HashedLength), XxHash3.HashToUInt64(bytes.AsSpan(0, HashedLength)));

        files.CreateDirectory(folder);
        var path = Path.Combine(folder, FileName);
        var next = path + ".next";
        files.Delete(next);
        using (var file = files.Create(next))
        {
            file.Write([bytes], 0);
            file.Flush();
        }

        files.Rename(next, path);
        files.SyncDirectory(folder);
    }
}
