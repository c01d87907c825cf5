using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Grid.Abstractions;

namespace Grid.Storage.Kv;

/// <summary>
/// Columns to rows: lengths first, then one typed loop a column that fills the slots of all rows. Holds scratch memory: one caller at a time.
/// The version of each row is left 0 for whoever knows the offset.
/// </summary>
internal sealed unsafe class RowEncoder
{
    private int[] _lengths = [];
    private int[] _ends = [];

    /// <summary>Encodes all rows of a batch into an arena.</summary>
    /// <param name="layout">The layout; the batch's columns are of its schema version.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="sources">For each column of the layout, where it stands in the batch; -1: nowhere, the rows get null.</param>
    /// <param name="arena">Where the rows go.</param>
    /// <param name="rows">Takes the rows.</param>
    public void Encode(RowLayout layout, RecordBatch batch, ReadOnlySpan<int> sources, NativeArena arena, Span<RowRef> rows)
    {
        var count = batch.Length;
        if (count == 0)
            return;
        rows = rows[..count];
        Prepare(count, layout.VariableOffset);
        for (var c = 0; c < sources.Length; c++)
            if (sources[c] >= 0 && layout.Columns[c].IsVariable)
                AddLengths(layout.Columns[c], Source(batch, sources[c], layout.Columns[c], count), count);
        Allocate(layout, arena, rows);
        for (var c = 0; c < sources.Length; c++)
        {
            var column = layout.Columns[c];
            if (sources[c] < 0)
                WriteNulls(column, c, rows);
            else
                WriteColumn(column, c, Source(batch, sources[c], column, count), rows, layout.VariableOffset);
        }
    }

    /// <summary>Gives large scratch memory back to the collector.</summary>
    public void Trim()
    {
        if (_lengths.Length > 16 * 1024)
            _lengths = _ends = [];
    }

    private static ArrayData Source(RecordBatch batch, int index, RowColumn column, int count)
    {
        var data = batch.Column(index).Data;
        if (data.Length != count)
            throw new GridException(GridErrorCode.SchemaMismatch, $"Column {column.Column.Name} has {data.Length} values for {count} rows.");
        return data;
    }

    private void Prepare(int count, int length)
    {
        if (_lengths.Length < count)
        {
            _lengths = GC.AllocateUninitializedArray<int>(count);
            _ends = GC.AllocateUninitializedArray<int>(count);
        }

        _lengths.AsSpan(0, count).Fill(length);
        _ends.AsSpan(0, count).Clear();
    }

    private void AddLengths(RowColumn column, ArrayData data, int count)
    {
        var validity = NestedRange.Validity(data);
        var lengths = _lengths.AsSpan(0, count);
        if (column.Kind == SlotKind.Variable)
        {
            var offsets = MemoryMarshal.Cast<byte, int>(data.Buffers[1].Span).Slice(data.Offset, count + 1);
            for (var i = 0; i < lengths.Length; i++)
                if (validity.IsEmpty || BitUtility.GetBit(validity, data.Offset + i))
                    lengths[i] = checked(lengths[i] + offsets[i + 1] - offsets[i]);
            return;
        }

        for (var i = 0; i < lengths.Length; i++)
            if (validity.IsEmpty || BitUtility.GetBit(validity, data.Offset + i))
                lengths[i] = checked(lengths[i] + NestedRange.MeasureBody(column.Column.Type, data, i, 1));
    }

    private void Allocate(RowLayout layout, NativeArena arena, Span<RowRef> rows)
    {
        for (var i = 0; i < rows.Length; i++)
        {
            if (_lengths[i] > RowLayout.RowBytesMax)
                throw new GridException(GridErrorCode.TooLarge, $"Row {i} has {_lengths[i]} bytes; a row may have {RowLayout.RowBytesMax}. Split its values.");
            var pointer = arena.Allocate(_lengths[i]);
            Unsafe.WriteUnaligned(pointer, 0L);
            Unsafe.WriteUnaligned(pointer + 8, layout.Schema.Version.Value);

            // Null bits and slots: what is not written below is null or zero.
            new Span<byte>(pointer + RowRef.HeaderBytes, layout.VariableOffset - RowRef.HeaderBytes).Clear();
            rows[i] = new RowRef(pointer, _lengths[i]);
        }
    }

    private void WriteNulls(RowColumn column, int index, Span<RowRef> rows)
    {
        var bit = (byte)(1 << (index & 7));
        var at = RowRef.HeaderBytes + (index >> 3);
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i].Pointer[at] |= bit;
            if (column.IsVariable)
                Unsafe.WriteUnaligned(rows[i].Pointer + column.Slot, _ends[i]);
        }
    }

    private void WriteColumn(RowColumn column, int index, ArrayData data, Span<RowRef> rows, int variableOffset)
    {
        var validity = NestedRange.Validity(data);
        if (!validity.IsEmpty)
            WriteNullBits(index, validity, data.Offset, rows);
        switch (column.Kind)
        {
            case SlotKind.Bit:
                WriteBits(column.Slot, data.Buffers[1].Span, data.Offset, validity, rows);
                return;
            case SlotKind.Variable:
                WriteVariable(column.Slot, data, validity, rows, variableOffset);
                return;
            case SlotKind.Nested:
                WriteNested(column, data, validity, rows, variableOffset);
                return;
        }

        var values = data.Buffers[1].Span[(data.Offset * column.Width)..];
        switch (column.Width)
        {
            case 1: WriteFixed(column.Slot, values, validity, data.Offset, rows); break;
            case 2: WriteFixed(column.Slot, MemoryMarshal.Cast<byte, short>(values), validity, data.Offset, rows); break;
            case 4: WriteFixed(column.Slot, MemoryMarshal.Cast<byte, int>(values), validity, data.Offset, rows); break;
            case 8: WriteFixed(column.Slot, MemoryMarshal.Cast<byte, long>(values), validity, data.Offset, rows); break;
            case 16: WriteFixed(column.Slot, MemoryMarshal.Cast<byte, Bytes16>(values), validity, data.Offset, rows); break;
            default: WriteWide(column.Slot, column.Width, values, validity, data.Offset, rows); break;
        }
    }

    private static void WriteNullBits(int index, ReadOnlySpan<byte> validity, int offset, Span<RowRef> rows)
    {
        var bit = (byte)(1 << (index & 7));
        var at = RowRef.HeaderBytes + (index >> 3);
        for (var i = 0; i < rows.Length; i++)
            if (!BitUtility.GetBit(validity, offset + i))
                rows[i].Pointer[at] |= bit;
    }

    private static void WriteFixed<T>(int slot, ReadOnlySpan<T> values, ReadOnlySpan<byte> validity, int offset, Span<RowRef> rows)
        where T : unmanaged
    {
        values = values[..rows.Length];
        if (validity.IsEmpty)
        {
            for (var i = 0; i < rows.Length; i++)
                Unsafe.WriteUnaligned(rows[i].Pointer + slot, values[i]);
            return;
        }

        for (var i = 0; i < rows.Length; i++)
            if (BitUtility.GetBit(validity, offset + i))
                Unsafe.WriteUnaligned(rows[i].Pointer + slot, values[i]);
    }

    private static void WriteWide(int slot, int width, ReadOnlySpan<byte> values, ReadOnlySpan<byte> validity, int offset, Span<RowRef> rows)
    {
        for (var i = 0; i < rows.Length; i++)
            if (validity.IsEmpty || BitUtility.GetBit(validity, offset + i))
                values.Slice(i * width, width).CopyTo(new Span<byte>(rows[i].Pointer + slot, width));
    }

    private static void WriteBits(int slot, ReadOnlySpan<byte> values, int offset, ReadOnlySpan<byte> validity, Span<RowRef> rows)
    {
        for (var i = 0; i < rows.Length; i++)
            if (BitUtility.GetBit(values, offset + i) && (validity.IsEmpty || BitUtility.GetBit(validity, offset + i)))
                rows[i].Pointer[slot] = 1;
    }

    private void WriteVariable(int slot, ArrayData data, ReadOnlySpan<byte> validity, Span<RowRef> rows, int variableOffset)
    {
        var offsets = MemoryMarshal.Cast<byte, int>(data.Buffers[1].Span).Slice(data.Offset, rows.Length + 1);
        var bytes = data.Buffers[2].Span;
        var ends = _ends.AsSpan(0, rows.Length);
        for (var i = 0; i < ends.Length; i++)
        {
            if (validity.IsEmpty || BitUtility.GetBit(validity, data.Offset + i))
            {
                var value = bytes[offsets[i]..offsets[i + 1]];
                value.CopyTo(new Span<byte>(rows[i].Pointer + variableOffset + ends[i], value.Length));
                ends[i] += value.Length;
            }

            Unsafe.WriteUnaligned(rows[i].Pointer + slot, ends[i]);
        }
    }

    private void WriteNested(RowColumn column, ArrayData data, ReadOnlySpan<byte> validity, Span<RowRef> rows, int variableOffset)
    {
        for (var i = 0; i < rows.Length; i++)
        {
            if (validity.IsEmpty || BitUtility.GetBit(validity, data.Offset + i))
            {
                var at = variableOffset + _ends[i];
                _ends[i] += NestedRange.WriteBody(column.Column.Type, data, i, 1, new Span<byte>(rows[i].Pointer + at, rows[i].Length - at));
            }

            Unsafe.WriteUnaligned(rows[i].Pointer + column.Slot, _ends[i]);
        }
    }
}

/// <summary>Sixteen bytes of a decimal or a UUID, copied as one.</summary>
internal readonly record struct Bytes16(ulong Low, ulong High);
