using System.Runtime.InteropServices;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Storage.Lake.Files;

namespace Grid.Storage.Lake.Keys;

/// <summary>The live rows of several data files as one, in key order. Memory: a batch and the compressed chunks of a row group of each file. One caller at a time.</summary>
internal sealed class KeyMerge : IAsyncDisposable
{
    private const int BatchRows = 8 * 1024;
    private readonly Apache.Arrow.Schema _arrow;
    private readonly List<KeyCursor> _cursors = [];
    private readonly PriorityQueue<KeyCursor, KeyCursor> _next = new(Comparer<KeyCursor>.Create((left, right) => left.Key.SequenceCompareTo(right.Key)));

    private KeyMerge(TableSchema schema) => _arrow = ArrowSchemas.ToArrow(LakeColumns.Extend(schema));

    /// <summary>Opens the files.</summary>
    public static async Task<KeyMerge> OpenAsync(
        ILakeStore store, IEnumerable<LakeFile> files, IReadOnlyDictionary<string, DeletedRows> deleted, TableSchema schema, CancellationToken cancellationToken)
    {
        var merge = new KeyMerge(schema);
        try
        {
            foreach (var file in files)
            {
                var cursor = await KeyCursor.OpenAsync(store, file, deleted.GetValueOrDefault(file.Location), schema, cancellationToken).ConfigureAwait(false);
                merge._cursors.Add(cursor);
                if (await cursor.NextBatchAsync().ConfigureAwait(false))
                    merge._next.Enqueue(cursor, cursor);
            }

            return merge;
        }
        catch
        {
            await merge.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The next rows, the caller's to dispose; null: there are no more.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>: a file does not read, or two rows have one key.</exception>
    public async ValueTask<KeyedRows?> NextAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var held = new List<HeldRows>();
        var picks = new List<RowPick>(BatchRows);
        try
        {
            while (picks.Count < BatchRows && _next.TryDequeue(out var cursor, out _))
            {
                Pick(cursor, held, picks);
                if (cursor.MoveNext() || await cursor.NextBatchAsync().ConfigureAwait(false))
                    _next.Enqueue(cursor, cursor);
            }

            return picks.Count == 0 ? null : new KeyedRows(Gather(held, CollectionsMarshal.AsSpan(picks)), row => held[picks[row].Source].Keys[picks[row].Row], new Held(held));
        }
        catch
        {
            new Held(held).Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var cursor in _cursors)
            await cursor.DisposeAsync().ConfigureAwait(false);
    }

    private static void Pick(KeyCursor cursor, List<HeldRows> held, List<RowPick> picks)
    {
        if (picks is [.., var last] && held[last.Source].Keys[last.Row].SequenceCompareTo(cursor.Key) >= 0)
            throw LakeErrors.Damaged("data files of one bucket have two live rows of one key, or their rows are not in key order");
        var source = held.LastIndexOf(cursor.Rows!);
        if (source < 0)
        {
            source = held.Count;
            held.Add(cursor.Rows!);
            cursor.Rows!.Hold();
        }

        picks.Add(new RowPick(source, cursor.Row));
    }

    private RecordBatch Gather(List<HeldRows> held, ReadOnlySpan<RowPick> picks)
    {
        var arrays = new IArrowArray[_arrow.FieldsList.Count];
        for (var i = 0; i < arrays.Length; i++)
        {
            var column = i;
            arrays[i] = ArrowArrayFactory.BuildArray(RowGather.Gather(_arrow.FieldsList[i].DataType, held.Select(rows => rows.Batch.Column(column).Data).ToArray(), picks));
        }

        return new RecordBatch(_arrow, arrays, picks.Length);
    }

    private sealed class Held(List<HeldRows> rows) : IDisposable
    {
        public void Dispose()
        {
            foreach (var some in rows)
                some.Release();
            rows.Clear();
        }
    }
}
