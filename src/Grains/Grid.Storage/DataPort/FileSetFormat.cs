using System.Buffers.Binary;
using System.Text;
using Grid.Abstractions;
using Grid.Storage.Log;

namespace Grid.Storage.DataPort;

/// <summary>
/// The bytes of a set of files, little endian (docs/formats.md, "Files of a bucket"):
/// <code>
/// set   0 magic GRR1 | 4 version | 6 zero | 8 files | 12 zero | 16 bytes of all files | 24 log end offset | 32 applied offset
/// file  0 folder | 1 name length | 2 length of the file, 8 bytes | 10 name | the file's bytes | XxHash3-64 of them
/// </code>
/// </summary>
internal static class FileSetFormat
{
    public const uint Magic = 'G' | ('R' << 8) | ('R' << 16) | ('1' << 24);
    public const ushort Version = 1;
    public const int SetBytes = 40;
    public const int FileBytes = 10;
    public const int NameBytesMax = 128;
    public const int HashBytes = 8;

    /// <summary>The folder names of <see cref="FileSetFolder"/>, as a bucket has them.</summary>
    public static string NameOf(FileSetFolder folder) => folder == FileSetFolder.Log ? "log" : "kv";

    public static void WriteSet(Span<byte> target, in FileSetHead head)
    {
        target[..SetBytes].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(target, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(target[4..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(target[8..], head.Files);
        BinaryPrimitives.WriteInt64LittleEndian(target[16..], head.Bytes);
        BinaryPrimitives.WriteInt64LittleEndian(target[24..], head.LogEndOffset.Value);
        BinaryPrimitives.WriteInt64LittleEndian(target[32..], head.AppliedOffset?.Value ?? -1);
    }

    public static FileSetHead ReadSet(ReadOnlySpan<byte> source)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(source) != Magic || BinaryPrimitives.ReadUInt16LittleEndian(source[4..]) != Version)
            throw Corrupt("it does not begin as a set of files of a version known here");
        var applied = BinaryPrimitives.ReadInt64LittleEndian(source[32..]);
        var head = new FileSetHead(
            BinaryPrimitives.ReadInt32LittleEndian(source[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[16..]),
            new LogOffset(BinaryPrimitives.ReadInt64LittleEndian(source[24..])),
            applied < 0 ? null : new LogOffset(applied));
        return head.Files >= 0 && head.Bytes >= 0 && head.LogEndOffset.Value >= 0 ? head : throw Corrupt("a count in its head is negative");
    }

    public static int WriteFile(Span<byte> target, FileSetFolder folder, string name, long length)
    {
        target[0] = (byte)folder;
        target[1] = (byte)Encoding.ASCII.GetBytes(name, target[FileBytes..]);
        BinaryPrimitives.WriteInt64LittleEndian(target[2..], length);
        return FileBytes + target[1];
    }

    /// <summary>Whether a file may have that name: nothing that leaves its folder, hides in it, or means something else on another system.</summary>
    public static bool IsLegal(FileSetFolder folder, ReadOnlySpan<byte> name)
    {
        if (name.Length is 0 or > NameBytesMax || name[0] == '.')
            return false;
        foreach (var letter in name)
            if (!char.IsAsciiLetterOrDigit((char)letter) && letter is not ((byte)'.' or (byte)'-' or (byte)'_'))
                return false;
        return folder switch
        {
            FileSetFolder.Log => SegmentName.TryParse(Encoding.ASCII.GetString(name), out _, out var place) && place == SegmentPlace.Final,
            FileSetFolder.Kv => true,
            _ => false,
        };
    }

    public static GridException Corrupt(string what) => new(GridErrorCode.Corrupt, $"A set of files is damaged: {what}. Nothing of it is kept; ask for it again.");
}
