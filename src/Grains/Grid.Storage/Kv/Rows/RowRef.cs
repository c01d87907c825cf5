using System.Runtime.CompilerServices;
using Grid.Abstractions;

namespace Grid.Storage.Kv;

/// <summary>An encoded row in memory that somebody else owns (RocksDB's or an arena's). See docs/formats.md, "Row".</summary>
internal readonly unsafe struct RowRef(byte* pointer, int length)
{
    /// <summary>Bytes before the null bits: version and schema version.</summary>
    public const int HeaderBytes = 8 + 2;

    public readonly byte* Pointer = pointer;
    public readonly int Length = length;

    public RowRef(RocksSlice slice)
        : this(slice.Pointer, (int)slice.Length)
    {
    }

    /// <summary>Whether there is no row.</summary>
    public bool IsNone => Pointer == null;

    /// <summary>The offset of the row's last change.</summary>
    public long Version => Unsafe.ReadUnaligned<long>(Pointer);

    public SchemaVersion SchemaVersion => new(Unsafe.ReadUnaligned<ushort>(Pointer + 8));

    public ReadOnlySpan<byte> Span => new(Pointer, Length);

    /// <summary>Stamps a row that an arena owns.</summary>
    public void SetVersion(long version) => Unsafe.WriteUnaligned(Pointer, version);

    /// <summary>Whether both say the same but for when.</summary>
    public bool SameContent(RowRef other) => Length == other.Length && Span[8..].SequenceEqual(other.Span[8..]);
}
