using System.Runtime.CompilerServices;
using Apache.Arrow;
using Grid.Abstractions;

namespace Grid.Storage.Kv;

/// <summary>
/// The merge of tables where the last row wins: an upsert replaces the row, a partial one its target columns; a partial delete makes its target
/// columns null and deletes a row that has nothing left but its key. Other merge engines take this place in <see cref="KeyValueStage"/>. All rows are of
/// the newest layout; results lie in the group's arena. One caller at a time.
/// </summary>
internal sealed unsafe class LastRowMerge : IDisposable
{
    private readonly RowLayout _layout;
    private readonly bool[] _isKey;
    private readonly NativeArena _own = new();
    private readonly RowRef _defaults;
    private readonly RowRef _nulls;

    public LastRowMerge(RowLayouts layouts)
    {
        _layout = layouts.Newest;
        _isKey = new bool[_layout.Columns.Length];
        foreach (var index in layouts.KeyIndexes)
            _isKey[index] = true;
        _defaults = Defaults();
        _nulls = EncodeOne(new RecordBatch(new Apache.Arrow.Schema([], null), System.Array.Empty<IArrowArray>(), 1), Absent());
    }

    /// <summary>The row after an upsert of some columns.</summary>
    /// <param name="stored">The row before; none: the other columns get their defaults.</param>
    /// <param name="incoming">The row with the columns to take.</param>
    /// <param name="take">Which columns those are.</param>
    /// <param name="arena">Where the result goes.</param>
    public RowRef Upsert(RowRef stored, RowRef incoming, bool[] take, NativeArena arena) => Combine(stored.IsNone ? _defaults : stored, incoming, take, arena);

    /// <summary>The row after a delete of some columns; none: it is gone.</summary>
    public RowRef Delete(RowRef stored, bool[] nulled, NativeArena arena)
    {
        var row = Combine(stored, _nulls, nulled, arena);
        for (var i = 0; i < _isKey.Length; i++)
            if (!_isKey[i] && !RowLayout.IsNull(row, i))
                return row;
        return default;
    }

    public void Dispose() => _own.Dispose();

    private RowRef Combine(RowRef stored, RowRef incoming, bool[] take, NativeArena arena)
    {
        var columns = _layout.Columns;
        var length = _layout.VariableOffset;
        for (var i = 0; i < columns.Length; i++)
            if (columns[i].IsVariable)
                length = checked(length + _layout.Value(take[i] ? incoming : stored, columns[i]).Length);
        if (length > RowLayout.RowBytesMax)
            throw new GridException(GridErrorCode.TooLarge, $"A merged row has {length} bytes; a row may have {RowLayout.RowBytesMax}. Split its values.");

        // The stored row's fixed part first, then what is taken.
        var pointer = arena.Allocate(length);
        new ReadOnlySpan<byte>(stored.Pointer, _layout.VariableOffset).CopyTo(new Span<byte>(pointer, _layout.VariableOffset));
        var end = 0;
        for (var i = 0; i < columns.Length; i++)
        {
            var column = columns[i];
            if (take[i])
            {
                SetNull(pointer, i, RowLayout.IsNull(incoming, i));
                if (!column.IsVariable)
                    new ReadOnlySpan<byte>(incoming.Pointer + column.Slot, column.Width).CopyTo(new Span<byte>(pointer + column.Slot, column.Width));
            }

            if (!column.IsVariable)
                continue;
            var value = _layout.Value(take[i] ? incoming : stored, column);
            value.CopyTo(new Span<byte>(pointer + _layout.VariableOffset + end, value.Length));
            end += value.Length;
            Unsafe.WriteUnaligned(pointer + column.Slot, end);
        }

        return new RowRef(pointer, length);
    }

    private static void SetNull(byte* row, int index, bool isNull)
    {
        var bit = (byte)(1 << (index & 7));
        ref var bits = ref row[RowRef.HeaderBytes + (index >> 3)];
        bits = (byte)(isNull ? bits | bit : bits & ~bit);
    }

    /// <summary>A row of defaults, as an old frame without any of the columns would read.</summary>
    private RowRef Defaults()
    {
        ColumnId[] ids = [.. _layout.Schema.Columns.Where(column => column.Default is not null).Select(column => column.Id)];
        var batch = new RecordBatch(new Apache.Arrow.Schema([], null), System.Array.Empty<IArrowArray>(), 1);
        var sources = Absent();
        if (ids.Length > 0)
            batch = new BatchConverter(_layout.Schema, [], _layout.Schema, ids).Convert(batch);
        for (var i = 0; i < ids.Length; i++)
            sources[_layout.Schema.IndexOf(ids[i])] = i;
        return EncodeOne(batch, sources);
    }

    private int[] Absent()
    {
        var sources = new int[_layout.Columns.Length];
        System.Array.Fill(sources, -1);
        return sources;
    }

    private RowRef EncodeOne(RecordBatch batch, int[] sources)
    {
        var rows = new RowRef[1];
        new RowEncoder().Encode(_layout, batch, sources, _own, rows);
        return rows[0];
    }
}
