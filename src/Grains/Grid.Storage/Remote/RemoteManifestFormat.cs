using System.Buffers.Binary;
using System.Collections.Immutable;
using System.IO.Hashing;
using Grid.Abstractions;
using Grid.Storage.Objects;

namespace Grid.Storage.Remote;

/// <summary>
/// A manifest as bytes, little endian (docs/formats.md, "Remote segments"):
/// <code>
///  0  magic GRM1    8  table id      24  change    40  epoch              56  XxHash3-64 of bytes 0..55 and all entries
///  4  version 1    12  bucket        32  end       44  last frame's epoch
///  6  0            16  partition id                48  entries   52  0    64  entries, 72 bytes each
/// </code>
/// </summary>
internal static class RemoteManifestFormat
{
    public const int HeadBytes = 64;
    public const int EntryBytes = 72;
    private const int HashAt = 56;
    private const uint Magic = 'G' | ('R' << 8) | ('M' << 16) | ('1' << 24);
    private const ushort Version = 1;

    /// <exception cref="GridException"><see cref="GridErrorCode.TooLarge"/>: it has too many segments.</exception>
    public static byte[] Write(BucketId bucket, RemoteManifest manifest)
    {
        var length = HeadBytes + ((long)EntryBytes * manifest.Segments.Length);
        if (length > RemoteLimits.ManifestBytesMax)
            throw new GridException(GridErrorCode.TooLarge,
                $"Bucket {bucket} has {manifest.Segments.Length} remote segments; at most {(RemoteLimits.ManifestBytesMax - HeadBytes) / EntryBytes} are legal. Make segments larger, or give the remote copy a retention.");
        var bytes = new byte[length];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), Version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), bucket.Table.Value);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), bucket.Number);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), bucket.Partition.Value);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), manifest.Change);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(32), manifest.End.Value);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(40), manifest.Epoch.Value);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(44), manifest.LastEpoch.Value);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(48), manifest.Segments.Length);
        for (var i = 0; i < manifest.Segments.Length; i++)
            Write(bytes.AsSpan(HeadBytes + (i * EntryBytes)), manifest.Segments[i]);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(HashAt), HashOf(bytes));
        return bytes;
    }

    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>: it is damaged, or another bucket's; <see cref="GridErrorCode.StorageFailed"/>: a newer Grid wrote it.</exception>
    public static RemoteManifest Read(BucketId bucket, ObjectContent content)
    {
        var name = RemoteNames.ManifestOf(bucket);
        var bytes = content.Bytes.Span;
        if (bytes.Length is < HeadBytes or > RemoteLimits.ManifestBytesMax || (bytes.Length - HeadBytes) % EntryBytes != 0)
            throw RemoteErrors.Damaged(name, $"a manifest cannot have {bytes.Length} bytes");
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic)
            throw RemoteErrors.Damaged(name, "it does not begin as a manifest");
        if (BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]) is var version && version != Version)
            throw new GridException(GridErrorCode.StorageFailed, $"Object '{name}' has format {version}; this version of Grid reads {Version}. Use a newer Grid.");
        if (BinaryPrimitives.ReadUInt64LittleEndian(bytes[HashAt..]) != HashOf(bytes) || BinaryPrimitives.ReadInt32LittleEndian(bytes[48..]) != (bytes.Length - HeadBytes) / EntryBytes)
            throw RemoteErrors.Damaged(name, "its hash or its count is wrong");
        if (BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]) != bucket.Table.Value || BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]) != bucket.Number
            || BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]) != bucket.Partition.Value)
            throw RemoteErrors.Damaged(name, "it is another bucket's");
        var segments = ImmutableArray.CreateBuilder<RemoteSegment>((bytes.Length - HeadBytes) / EntryBytes);
        for (var at = HeadBytes; at < bytes.Length; at += EntryBytes)
            segments.Add(Read(bytes[at..]));
        var manifest = new RemoteManifest
        {
            Change = BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]),
            End = new LogOffset(BinaryPrimitives.ReadInt64LittleEndian(bytes[32..])),
            Epoch = new LeaderEpoch(BinaryPrimitives.ReadInt32LittleEndian(bytes[40..])),
            LastEpoch = new LeaderEpoch(BinaryPrimitives.ReadInt32LittleEndian(bytes[44..])),
            Segments = segments.DrainToImmutable(),
        };
        return manifest.FindProblem() is { } problem ? throw RemoteErrors.Damaged(name, problem) : manifest;
    }

    private static ulong HashOf(ReadOnlySpan<byte> bytes)
    {
        var hash = new XxHash3();
        hash.Append(bytes[..HashAt]);
        hash.Append(bytes[HeadBytes..]);
        return hash.GetCurrentHashAsUInt64();
    }

    private static void Write(Span<byte> entry, in RemoteSegment segment)
    {
        BinaryPrimitives.WriteInt64LittleEndian(entry, segment.BaseOffset.Value);
        BinaryPrimitives.WriteInt64LittleEndian(entry[8..], segment.From.Value);
        BinaryPrimitives.WriteInt64LittleEndian(entry[16..], segment.EndOffset.Value);
        BinaryPrimitives.WriteInt64LittleEndian(entry[24..], segment.LastTimestampMs);
        BinaryPrimitives.WriteInt32LittleEndian(entry[32..], segment.Bytes);
        BinaryPrimitives.WriteInt32LittleEndian(entry[36..], segment.IndexBytes);
        BinaryPrimitives.WriteInt32LittleEndian(entry[40..], segment.LastEpoch.Value);
        BinaryPrimitives.WriteUInt16LittleEndian(entry[44..], segment.SchemaVersion.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[48..], segment.Nonce);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[56..], segment.Hash);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[64..], segment.IndexHash);
    }

    private static RemoteSegment Read(ReadOnlySpan<byte> entry) => new()
    {
        BaseOffset = new LogOffset(BinaryPrimitives.ReadInt64LittleEndian(entry)),
        From = new LogOffset(BinaryPrimitives.ReadInt64LittleEndian(entry[8..])),
        EndOffset = new LogOffset(BinaryPrimitives.ReadInt64LittleEndian(entry[16..])),
        LastTimestampMs = BinaryPrimitives.ReadInt64LittleEndian(entry[24..]),
        Bytes = BinaryPrimitives.ReadInt32LittleEndian(entry[32..]),
        IndexBytes = BinaryPrimitives.ReadInt32LittleEndian(entry[36..]),
        LastEpoch = new LeaderEpoch(BinaryPrimitives.ReadInt32LittleEndian(entry[40..])),
        SchemaVersion = new SchemaVersion(BinaryPrimitives.ReadUInt16LittleEndian(entry[44..])),
        Nonce = BinaryPrimitives.ReadUInt64LittleEndian(entry[48..]),
        Hash = BinaryPrimitives.ReadUInt64LittleEndian(entry[56..]),
        IndexHash = BinaryPrimitives.ReadUInt64LittleEndian(entry[64..]),
    };
}
