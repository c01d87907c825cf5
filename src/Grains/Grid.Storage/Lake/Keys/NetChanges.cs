using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Storage.Lake.Parquet;

namespace Grid.Storage.Lake.Keys;

/// <summary>
/// What changes of a bucket come to: of each key that they touch the last state, in key order. Holds the frames' rows until it is disposed, and 32 bytes a change beside them. One caller at a time.
/// </summary>
internal sealed class NetChanges(TableSchema schema) : IDisposable
{
    private readonly KeyEncoder _encoder = new(schema, schema.PrimaryKey);
    private readonly int[] _keyColumns = [.. schema.PrimaryKey.Select(schema.IndexOf)];
    private readonly List<FrameBlock> _blocks = [];
    private readonly List<RecordBatch> _batches = [];
    private readonly List<EncodedKeys> _keys = [];
    private readonly List<KeyChange> _changes = [];

    /// <summary>Bytes of rows and keys that it holds.</summary>
    public long Bytes { get; private set; }

    /// <summary>The batches that <see cref="KeyChange.Row"/> counts in.</summary>
    public IReadOnlyList<RecordBatch> Batches => _batches;

    /// <summary>Takes a block's changes in, and the block over.</summary>
    /// <param name="block">Whole frames.</param>
    /// <param name="batches">Reads them; made with their change kinds.</param>
    /// <param name="from">Rows before this offset are left out.</param>
    /// <returns>The offset behind the last row; null where there was none.</returns>
    public LogOffset? Add(FrameBlock block, FrameBatches batches, LogOffset from)
    {
        _blocks.Add(block);
        Bytes += block.Length;
        LogOffset? end = null;
        foreach (var batch in batches.Read(block.Memory))
        {
            _batches.Add(batch);
            var first = ((Int64Array)batch.Column(schema.Columns.Length + 1)).GetValue(0)!.Value;
            Add(batch, (int)Math.Clamp(from.Value - first, 0, batch.Length));
            end = new LogOffset(first + batch.Length);
        }

        return end;
    }

    /// <summary>The last change of each key, keys rising.</summary>
    public ReadOnlySpan<KeyChange> Settle()
    {
        var changes = CollectionsMarshal.AsSpan(_changes);
        changes.Sort((left, right) => Compare(in left, in right));
        var last = 0;
        for (var i = 0; i < changes.Length; i++)
            if (i + 1 == changes.Length || !KeyOf(changes[i]).SequenceEqual(KeyOf(changes[i + 1])))
                changes[last++] = changes[i];
        CollectionsMarshal.SetCount(_changes, last);
        return CollectionsMarshal.AsSpan(_changes);
    }

    /// <summary>The key of a change; valid until this is disposed.</summary>
    public ReadOnlySpan<byte> KeyOf(KeyChange change) => _keys[change.Row.Source][change.Row.Row];

    public void Dispose()
    {
        foreach (var keys in _keys)
            keys.Dispose();
        foreach (var batch in _batches)
            batch.Dispose();
        foreach (var block in _blocks)
            block.Dispose();
    }

    private void Add(RecordBatch batch, int firstRow)
    {
        var keys = _encoder.Encode(batch, _keyColumns);
        _keys.Add(keys);
        for (var i = 0; i < batch.ColumnCount; i++)
            Bytes += ArrayBytes.Of(batch.Column(i).Data);
        var kinds = ((Int8Array)batch.Column(batch.ColumnCount - 1)).Values;
        for (var row = firstRow; row < kinds.Length; row++)
        {
            var kind = (ChangeKind)kinds[row];
            if (kind is ChangeKind.UpdateBefore)
                continue; // what comes after it has the same key
            if (kind is not (ChangeKind.Insert or ChangeKind.UpdateAfter or ChangeKind.Delete))
                throw new GridException(GridErrorCode.Corrupt, $"A changelog row has the change kind {(int)kind}; legal are 0 to 3.");
            _changes.Add(new KeyChange(Begin(keys[row]), new RowPick(_keys.Count - 1, row), kind == ChangeKind.Delete));
            Bytes += keys[row].Length + Marshal.SizeOf<KeyChange>();
        }
    }

    /// <summary>A key's first bytes as a number, so that most comparisons look no further.</summary>
    private static ulong Begin(ReadOnlySpan<byte> key)
    {
        if (key.Length >= sizeof(ulong))
            return BinaryPrimitives.ReadUInt64BigEndian(key);
        Span<byte> padded = stackalloc byte[sizeof(ulong)];
        padded.Clear();
        key.CopyTo(padded);
        return BinaryPrimitives.ReadUInt64BigEndian(padded);
    }

    private int Compare(in KeyChange left, in KeyChange right)
    {
        if (left.KeyBegin != right.KeyBegin)
            return left.KeyBegin.CompareTo(right.KeyBegin);
        var order = KeyOf(left).SequenceCompareTo(KeyOf(right));
        if (order != 0)
            return order;
        return left.Row.Source != right.Row.Source ? left.Row.Source.CompareTo(right.Row.Source) : left.Row.Row.CompareTo(right.Row.Row);
    }
}

/// <summary>One change of a key.</summary>
/// <param name="KeyBegin">The first bytes of the key.</param>
/// <param name="Row">The row as it is then; of a deletion as it was.</param>
/// <param name="IsDelete">Whether the key is gone.</param>
internal readonly record struct KeyChange(ulong KeyBegin, RowPick Row, bool IsDelete);
