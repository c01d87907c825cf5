using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using Grid.Abstractions;
using Column = Grid.Abstractions.Column;

namespace Grid.Storage.Kv;

/// <summary>
/// Builds one Arrow column from rows in pooled memory: a typed loop over the rows for a table's column, whole ranges for nested ones. What
/// <see cref="Finish"/> gives is valid until the next <see cref="Gather"/> or <see cref="Dispose"/>. Every length from a row is checked.
/// </summary>
internal sealed unsafe class ColumnBuilder : IDisposable
{
    private readonly DataType _type;
    private readonly IArrowType _arrow;
    private readonly SlotKind _kind;
    private readonly bool _nullable;
    private readonly int _width;
    private readonly ColumnBuilder[] _children;
    private PooledBytes _validity = new();
    private PooledBytes _values = new();
    private PooledBytes _offsets = new();
    private int _length;
    private int _nulls;

    public ColumnBuilder(Column column, IArrowType arrow)
    {
        _type = column.Type;
        _arrow = arrow;
        _kind = RowLayout.KindOf(_type.Kind);
        _nullable = column.Nullable;
        _width = RowLayout.WidthOf(_type);
        _children = _type.Kind switch
        {
            TypeKind.List => [new ColumnBuilder(_type.Children[0], ((ListType)arrow).ValueDataType)],
            TypeKind.Map => [new ColumnBuilder(_type.Children[0], ((MapType)arrow).KeyField.DataType), new ColumnBuilder(_type.Children[1], ((MapType)arrow).ValueField.DataType)],
            TypeKind.Struct => [.. _type.Children.Select((child, i) => new ColumnBuilder(child, ((StructType)arrow).Fields[i].DataType))],
            _ => [],
        };
    }

    /// <summary>Takes one column of rows that all have the same, checked layout.</summary>
    public void Gather(ReadOnlySpan<RowRef> rows, RowLayout layout, int index)
    {
        var column = layout.Columns[index];
        Clear();
        _length = rows.Length;
        if (_nullable)
            GatherValidity(rows, RowRef.HeaderBytes + (index >> 3), (byte)(1 << (index & 7)));
        switch (_kind)
        {
            case SlotKind.Bit:
                GatherBits(rows, column.Slot);
                return;
            case SlotKind.Variable:
                GatherVariable(rows, layout, column);
                return;
            case SlotKind.Nested:
                GatherNested(rows, layout, index);
                return;
        }

        var values = _values.Restart(checked(rows.Length * _width));
        switch (_width)
        {
            case 1: GatherFixed(rows, column.Slot, values); break;
            case 2: GatherFixed(rows, column.Slot, MemoryMarshal.Cast<byte, short>(values)); break;
            case 4: GatherFixed(rows, column.Slot, MemoryMarshal.Cast<byte, int>(values)); break;
            case 8: GatherFixed(rows, column.Slot, MemoryMarshal.Cast<byte, long>(values)); break;
            case 16: GatherFixed(rows, column.Slot, MemoryMarshal.Cast<byte, Bytes16>(values)); break;
            default:
                for (var i = 0; i < rows.Length; i++)
                    new ReadOnlySpan<byte>(rows[i].Pointer + column.Slot, _width).CopyTo(values[(i * _width)..]);
                break;
        }
    }

    public ArrayData Finish()
    {
        var validity = _nulls == 0 ? ArrowBuffer.Empty : new ArrowBuffer(_validity.Memory);
        if (_type.Kind == TypeKind.Struct)
            return new ArrayData(_arrow, _length, _nulls, 0, [validity], [.. _children.Select(child => child.Finish())]);
        if (_type.Kind == TypeKind.List)
            return new ArrayData(_arrow, _length, _nulls, 0, [validity, new ArrowBuffer(_offsets.Memory)], [_children[0].Finish()]);
        if (_type.Kind == TypeKind.Map)
        {
            var entries = new ArrayData(((MapType)_arrow).KeyValueType, _children[0]._length, 0, 0, [ArrowBuffer.Empty], [_children[0].Finish(), _children[1].Finish()]);
            return new ArrayData(_arrow, _length, _nulls, 0, [validity, new ArrowBuffer(_offsets.Memory)], [entries]);
        }

        return _kind == SlotKind.Variable
            ? new ArrayData(_arrow, _length, _nulls, 0, [validity, new ArrowBuffer(_offsets.Memory), new ArrowBuffer(_values.Memory)])
            : new ArrayData(_arrow, _length, _nulls, 0, [validity, new ArrowBuffer(_values.Memory)]);
    }

    public void Dispose()
    {
        _validity.Dispose();
        _values.Dispose();
        _offsets.Dispose();
        foreach (var child in _children)
            child.Dispose();
    }

    private void Clear()
    {
        _length = _nulls = 0;
        _validity.Restart(0);
        _values.Restart(0);
        if (_kind == SlotKind.Variable || _type.Kind is TypeKind.List or TypeKind.Map)
            MemoryMarshal.Write(_offsets.Restart(4), 0);
        foreach (var child in _children)
            child.Clear();
    }

    private void GatherValidity(ReadOnlySpan<RowRef> rows, int at, byte bit)
    {
        var bits = _validity.Restart(NestedRange.Bits(rows.Length));
        bits.Clear();
        var nulls = 0;
        for (var i = 0; i < rows.Length; i++)
        {
            var isNull = (rows[i].Pointer[at] & bit) != 0 ? 1 : 0;
            nulls += isNull;
            bits[i >> 3] |= (byte)((1 - isNull) << (i & 7));
        }

        _nulls = nulls;
    }

    private static void GatherFixed<T>(ReadOnlySpan<RowRef> rows, int slot, Span<T> values)
        where T : unmanaged
    {
        values = values[..rows.Length];
        for (var i = 0; i < rows.Length; i++)
            values[i] = Unsafe.ReadUnaligned<T>(rows[i].Pointer + slot);
    }

    private void GatherBits(ReadOnlySpan<RowRef> rows, int slot)
    {
        var bits = _values.Restart(NestedRange.Bits(rows.Length));
        bits.Clear();
        for (var i = 0; i < rows.Length; i++)
            bits[i >> 3] |= (byte)((rows[i].Pointer[slot] & 1) << (i & 7));
    }

    private void GatherVariable(ReadOnlySpan<RowRef> rows, RowLayout layout, RowColumn column)
    {
        var offsets = MemoryMarshal.Cast<byte, int>(_offsets.Restart(checked(4 * (rows.Length + 1))));
        offsets[0] = 0;
        var total = 0;
        for (var i = 0; i < rows.Length; i++)
        {
            total = checked(total + layout.Value(rows[i], column).Length);
            offsets[i + 1] = total;
        }

        var values = _values.Restart(total);
        for (var i = 0; i < rows.Length; i++)
            layout.Value(rows[i], column).CopyTo(values[offsets[i]..]);
    }

    private void GatherNested(ReadOnlySpan<RowRef> rows, RowLayout layout, int index)
    {
        var column = layout.Columns[index];
        var at = RowRef.HeaderBytes + (index >> 3);
        var bit = (byte)(1 << (index & 7));
        for (var i = 0; i < rows.Length; i++)
        {
            if ((rows[i].Pointer[at] & bit) != 0)
            {
                AppendEmpty();
                continue;
            }

            var reader = new RowBytes(layout.Value(rows[i], column));
            AppendBody(ref reader, 1);
            reader.RequireEnd();
        }
    }

    /// <summary>One null value inside a column whose validity is set already.</summary>
    private void AppendEmpty()
    {
        if (_type.Kind == TypeKind.Struct)
        {
            foreach (var child in _children)
                child.AppendNull();
            return;
        }

        var ends = MemoryMarshal.Cast<byte, int>(_offsets.Span);
        var last = ends[^1];
        MemoryMarshal.Write(_offsets.Append(4), last);
    }

    /// <summary>One null; a field that may not be null, inside a null struct, gets its zero value.</summary>
    private void AppendNull()
    {
        AppendBit(ref _validity, _length, set: !_nullable);
        _nulls += _nullable ? 1 : 0;
        switch (_kind)
        {
            case SlotKind.Bit:
                AppendBit(ref _values, _length, set: false);
                break;
            case SlotKind.Fixed:
                _values.Append(_width).Clear();
                break;
            case SlotKind.Variable:
                MemoryMarshal.Write(_offsets.Append(4), _values.Length);
                break;
            default:
                AppendEmpty();
                break;
        }

        _length++;
    }

    private void AppendRange(ref RowBytes reader, int count)
    {
        var nulls = reader.Take(NestedRange.Bits(count));
        for (var i = 0; i < count; i++)
        {
            var isNull = _nullable && BitUtility.GetBit(nulls, i);
            AppendBit(ref _validity, _length + i, !isNull);
            _nulls += isNull ? 1 : 0;
        }

        AppendBody(ref reader, count);
        _length += count;
    }

    /// <summary>Appends values; the caller counts them and sets their validity.</summary>
    private void AppendBody(ref RowBytes reader, int count)
    {
        switch (_kind)
        {
            case SlotKind.Bit:
                var bits = reader.Take(NestedRange.Bits(count));
                for (var i = 0; i < count; i++)
                    AppendBit(ref _values, _length + i, BitUtility.GetBit(bits, i));
                return;
            case SlotKind.Fixed:
                var bytes = reader.Take((long)count * _width);
                bytes.CopyTo(_values.Append(bytes.Length));
                return;
            case SlotKind.Variable:
                var length = AppendEnds(ref reader, count, _values.Length);
                var values = reader.Take(length);
                values.CopyTo(_values.Append(values.Length));
                return;
        }

        if (_type.Kind == TypeKind.Struct)
        {
            foreach (var child in _children)
                child.AppendRange(ref reader, count);
            return;
        }

        var elements = AppendEnds(ref reader, count, _children[0]._length);
        foreach (var child in _children)
            child.AppendRange(ref reader, elements);
    }

    /// <summary>Reads <paramref name="count"/> rising ends and appends them as offsets from <paramref name="start"/>; answers the last.</summary>
    private int AppendEnds(ref RowBytes reader, int count, int start)
    {
        var source = reader.Take(4L * count);
        var target = _offsets.Append(source.Length);
        var last = 0;
        for (var i = 0; i < count; i++)
        {
            var end = BinaryPrimitives.ReadInt32LittleEndian(source[(4 * i)..]);
            if (end < last)
                throw RowError.Make($"a nested value's end {end} comes before {last}");
            last = end;
            BinaryPrimitives.WriteInt32LittleEndian(target[(4 * i)..], checked(start + end));
        }

        return last;
    }

    private static void AppendBit(ref PooledBytes bits, int index, bool set)
    {
        if (index >> 3 >= bits.Length)
            bits.Append(1).Clear();
        if (set)
            bits.Span[index >> 3] |= (byte)(1 << (index & 7));
    }
}
