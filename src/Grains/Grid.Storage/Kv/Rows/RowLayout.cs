using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Grid.Abstractions;

namespace Grid.Storage.Kv;

/// <summary>How a column's value stands in a row.</summary>
internal enum SlotKind : byte
{
    /// <summary>One byte, 0 or 1.</summary>
    Bit,

    /// <summary>As many bytes as the type has, as Arrow stores them.</summary>
    Fixed,

    /// <summary>Four bytes: where the value ends in the variable part. It begins where the one before it ends.</summary>
    Variable,

    /// <summary>As <see cref="Variable"/>; the value is a nested encoding (see <see cref="NestedRange"/>).</summary>
    Nested,
}

/// <summary>A column of a row layout.</summary>
/// <param name="Column">The column.</param>
/// <param name="Kind">How it is stored.</param>
/// <param name="Slot">Where its slot begins in the row.</param>
/// <param name="Width">Bytes of the slot.</param>
/// <param name="PreviousEnd">Variable ones: the slot of the variable column before it, or -1.</param>
internal sealed record RowColumn(Column Column, SlotKind Kind, int Slot, int Width, int PreviousEnd)
{
    public bool IsVariable => Kind >= SlotKind.Variable;
}

/// <summary>
/// Where the columns of one schema version stand in a row (docs/formats.md, "Row"):
/// <code>
/// 0 version  8 schema version  10 null bits (1 = null)  slots, in column order  variable part, in column order
/// </code>
/// The encoding is canonical: a null column's slot is zero, or for a variable one an empty value; equal rows have equal bytes.
/// </summary>
internal sealed class RowLayout
{
    /// <summary>Longest row: an answer must be able to carry it alone, uncompressed, with the metadata of its columns.</summary>
    public const int RowBytesMax = FrameHeader.MessageLengthMax - (1024 * 1024);

    public RowLayout(TableSchema schema)
    {
        Schema = schema;
        var columns = ImmutableArray.CreateBuilder<RowColumn>(schema.Columns.Length);
        var slot = RowRef.HeaderBytes + NestedRange.Bits(schema.Columns.Length);
        var previousEnd = -1;
        foreach (var column in schema.Columns)
        {
            var kind = KindOf(column.Type.Kind);
            var width = WidthOf(column.Type);
            columns.Add(new RowColumn(column, kind, slot, width, kind >= SlotKind.Variable ? previousEnd : -1));
            if (kind >= SlotKind.Variable)
                previousEnd = slot;
            slot = checked(slot + width);
        }

        Columns = columns.MoveToImmutable();
        VariableOffset = slot;
    }

    public TableSchema Schema { get; }

    public ImmutableArray<RowColumn> Columns { get; }

    /// <summary>Where the variable part begins: the length of a row without one.</summary>
    public int VariableOffset { get; }

    /// <summary>Bytes of a slot.</summary>
    public static int WidthOf(DataType type) => type.Kind switch
    {
        TypeKind.Boolean or TypeKind.Int8 => 1,
        TypeKind.Int16 => 2,
        TypeKind.Int32 or TypeKind.Float32 or TypeKind.Date => 4,
        TypeKind.Int64 or TypeKind.Float64 or TypeKind.Time or TypeKind.Timestamp or TypeKind.TimestampUtc => 8,
        TypeKind.Decimal or TypeKind.Uuid => 16,
        TypeKind.FixedBinary => type.Length,
        _ => 4,
    };

    public static SlotKind KindOf(TypeKind kind) => kind switch
    {
        TypeKind.Boolean => SlotKind.Bit,
        TypeKind.String or TypeKind.Binary => SlotKind.Variable,
        TypeKind.List or TypeKind.Struct or TypeKind.Map => SlotKind.Nested,
        _ => SlotKind.Fixed,
    };

    /// <summary>Checks what every reader of a row of this layout relies on: its schema version and that the slots are all there.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>.</exception>
    public void Check(RowRef row)
    {
        if (row.Length < VariableOffset || row.SchemaVersion != Schema.Version)
            throw RowError.Make(row.Length < RowRef.HeaderBytes
                ? $"it has {row.Length} bytes, fewer than its header's {RowRef.HeaderBytes}"
                : $"it has {row.Length} bytes and schema version {row.SchemaVersion}; version {Schema.Version} needs at least {VariableOffset} bytes");
    }

    /// <summary>The bytes of a variable column of a checked row; empty where it is null.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>.</exception>
    public unsafe ReadOnlySpan<byte> Value(RowRef row, RowColumn column)
    {
        var end = Unsafe.ReadUnaligned<uint>(row.Pointer + column.Slot);
        var start = column.PreviousEnd < 0 ? 0 : Unsafe.ReadUnaligned<uint>(row.Pointer + column.PreviousEnd);
        if (start > end || end > (uint)(row.Length - VariableOffset))
            throw RowError.Make($"column {column.Column.Name} lies from {start} to {end} of {row.Length - VariableOffset} bytes");
        return new ReadOnlySpan<byte>(row.Pointer + VariableOffset + start, (int)(end - start));
    }

    /// <summary>Whether a column of a checked row is null.</summary>
    public static unsafe bool IsNull(RowRef row, int index) => (row.Pointer[RowRef.HeaderBytes + (index >> 3)] & (1 << (index & 7))) != 0;
}
