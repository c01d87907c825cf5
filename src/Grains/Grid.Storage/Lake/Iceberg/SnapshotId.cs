using System.Globalization;
using System.Security.Cryptography;

namespace Grid.Storage.Lake.Iceberg;

/// <summary>The id of a snapshot, unique in its table.</summary>
/// <param name="Value">Positive; ours are below 2^53, because readers in JavaScript take JSON's numbers for doubles.</param>
internal readonly record struct SnapshotId(long Value)
{
    private const long Max = 1L << 53;

    /// <summary>A new id: of 53 random bits, so that writers that know nothing of each other don't choose the same.</summary>
    public static SnapshotId Random()
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        RandomNumberGenerator.Fill(bytes);
        return From(BitConverter.ToUInt64(bytes));
    }

    /// <summary>The id that these bits give.</summary>
    public static SnapshotId From(ulong random) => new(1 + (long)(random % (Max - 1)));

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
