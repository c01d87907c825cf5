using System.IO.Hashing;
using Grid.Abstractions;

namespace Grid.Storage.Kv;

/// <summary>A key of the group at hand: the row it had, the row it has by now.</summary>
internal struct PendingRow
{
    public RocksSlice Key;
    public ulong Hash;

    /// <summary>The row as the writes so far leave it; none: there is none.</summary>
    public RowRef Current;

    /// <summary>Changes so far; 0: nothing to apply.</summary>
    public int Changes;

    /// <summary>Whether the stored row was read.</summary>
    public bool Loaded;
}

/// <summary>
/// The keys of a group, each once, by open addressing over the hash of the key's bytes: later rows of a group see what earlier ones did. A write that is
/// refused half-way is taken back with <see cref="Undo"/>. One caller at a time.
/// </summary>
internal sealed class PendingRows
{
    private const int SizeMin = 256;
    private PendingRow[] _rows = new PendingRow[SizeMin];
    private int[] _table = new int[2 * SizeMin];
    private readonly List<(int Row, RowRef Before)> _undo = [];

    public int Count { get; private set; }

    public ref PendingRow this[int index] => ref _rows[index];

    /// <summary>The index of a key; a new one is copied into the arena.</summary>
    public int FindOrAdd(ReadOnlySpan<byte> key, NativeArena arena)
    {
        var hash = XxHash3.HashToUInt64(key);
        var mask = _table.Length - 1;
        var at = (int)hash & mask;
        for (; _table[at] != 0; at = (at + 1) & mask)
        {
            ref var row = ref _rows[_table[at] - 1];
            if (row.Hash == hash && row.Key.Span.SequenceEqual(key))
                return _table[at] - 1;
        }

        if (Count == _rows.Length)
        {
            Grow();
            mask = _table.Length - 1;
            for (at = (int)hash & mask; _table[at] != 0; at = (at + 1) & mask)
            {
            }
        }

        _rows[Count] = new PendingRow { Key = arena.Copy(key), Hash = hash };
        _table[at] = ++Count;
        return Count - 1;
    }

    /// <summary>Sets what a key has now; none: nothing.</summary>
    public void Change(int index, RowRef row)
    {
        _undo.Add((index, _rows[index].Current));
        _rows[index].Current = row;
        _rows[index].Changes++;
    }

    /// <summary>The changes since the last call stand.</summary>
    public void Keep() => _undo.Clear();

    /// <summary>Takes back the changes since the last <see cref="Keep"/>.</summary>
    public void Undo()
    {
        for (var i = _undo.Count - 1; i >= 0; i--)
        {
            _rows[_undo[i].Row].Current = _undo[i].Before;
            _rows[_undo[i].Row].Changes--;
        }

        _undo.Clear();
    }

    public void Clear()
    {
        _undo.Clear();
        if (_rows.Length > 64 * SizeMin)
        {
            _rows = new PendingRow[SizeMin];
            _table = new int[2 * SizeMin];
        }
        else if (Count > 0)
        {
            _table.AsSpan().Clear();
        }

        Count = 0;
    }

    private void Grow()
    {
        System.Array.Resize(ref _rows, 2 * _rows.Length);
        _table = new int[2 * _rows.Length];
        var mask = _table.Length - 1;
        for (var i = 0; i < Count; i++)
        {
            var at = (int)_rows[i].Hash & mask;
            while (_table[at] != 0)
                at = (at + 1) & mask;
            _table[at] = i + 1;
        }
    }
}
