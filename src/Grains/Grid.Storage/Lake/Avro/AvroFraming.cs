using System.Collections.Immutable;
using System.Security.Cryptography;

namespace Grid.Storage.Lake.Avro;

/// <summary>How a container's blocks are written. Apart from the writer, so that a test's files are the same each time.</summary>
internal sealed record AvroFraming
{
    /// <param name="codec">How blocks are compressed.</param>
    /// <param name="sync">The 16 bytes that end the header and each block: random for each file.</param>
    public AvroFraming(AvroCodec codec, ImmutableArray<byte> sync)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(sync.Length, AvroContainer.SyncBytes, nameof(sync));
        Codec = codec;
        Sync = sync;
    }

    public AvroCodec Codec { get; }

    public ImmutableArray<byte> Sync { get; }

    /// <summary>What a new file gets.</summary>
    public static AvroFraming New() => new(AvroCodec.Deflate, [.. RandomNumberGenerator.GetBytes(AvroContainer.SyncBytes)]);
}
