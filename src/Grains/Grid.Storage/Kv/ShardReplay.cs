using Grid.Abstractions;

namespace Grid.Storage.Kv;

/// <summary>
/// Applies changelog frames to a shard that is behind the log: +I and +U put their row, -D deletes its key, -U says nothing new. Applying again what is
/// applied already is harmless as long as it goes on to the end. Blocking; one caller.
/// </summary>
internal sealed class ShardReplay(ShardStore store, RowLayouts layouts) : IDisposable
{
    private const int BatchBytes = 4 * 1024 * 1024;
    private readonly RocksBatch _batch = new();
    private readonly NativeArena _arena = new();
    private readonly RowEncoder _encoder = new();
    private readonly Dictionary<ushort, Source> _sources = [];
    private RowRef[] _rows = [];
    private long _bytes;
    private LogOffset _end;

    /// <summary>Takes the next frame of the log.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>: it is not a changelog frame of this table.</exception>
    public void Add(Frame frame)
    {
        var header = frame.Header;
        if (!header.Flags.HasFlag(FrameFlags.ChangeKinds))
            throw new GridException(GridErrorCode.Corrupt, $"The frame at offset {header.BaseOffset} has no change kinds, but {layouts.Table.Path} has a primary key.");
        if (header.RowCount > 0)
            AddRows(frame);
        _end = header.EndOffset;
        if (_bytes >= BatchBytes)
            Flush();
    }

    /// <summary>Writes what is left; answers the applied offset, or null where there was no frame.</summary>
    public LogOffset? Complete()
    {
        if (_end == LogOffset.Zero)
            return null;
        Flush();
        return _end;
    }

    public void Dispose()
    {
        _batch.Dispose();
        _arena.Dispose();
    }

    private void AddRows(Frame frame)
    {
        var header = frame.Header;
        var source = SourceOf(header.SchemaVersion);
        using var batch = FrameDecoder.Decode(frame.Message, header.RowCount, source.Schema);
        if (_rows.Length < header.RowCount)
            _rows = new RowRef[header.RowCount];
        _encoder.Encode(source.Layout, batch, source.Columns, _arena, _rows);
        using var keys = source.Keys.Encode(batch, source.KeyIndexes);
        var kinds = ((Apache.Arrow.Int8Array)batch.Column(source.Columns.Length)).Values;
        for (var i = 0; i < header.RowCount; i++)
        {
            switch ((ChangeKind)kinds[i])
            {
                case ChangeKind.Insert or ChangeKind.UpdateAfter:
                    _rows[i].SetVersion(header.BaseOffset.Value + i);
                    _batch.Put(keys[i], _rows[i].Span);
                    break;
                case ChangeKind.Delete:
                    _batch.Delete(keys[i]);
                    break;
                case ChangeKind.UpdateBefore:
                    break;
                default:
                    throw new GridException(GridErrorCode.Corrupt, $"The row at offset {header.BaseOffset + i} has the change kind {kinds[i]}; legal are 0 to 3.");
            }
        }

        _bytes += _arena.Capacity;
        _arena.Reset();
    }

    private void Flush()
    {
        store.Write(_batch, _end);
        _batch.Clear();
        _bytes = 0;
    }

    private Source SourceOf(SchemaVersion version)
    {
        if (_sources.TryGetValue(version.Value, out var source))
            return source;
        var layout = layouts[version];
        source = new Source(
            layout,
            ArrowSchemas.ToArrow(layout.Schema, null, change: true, version: false),
            new KeyEncoder(layout.Schema, layout.Schema.PrimaryKey),
            [.. layout.Schema.PrimaryKey.Select(layout.Schema.IndexOf)],
            [.. Enumerable.Range(0, layout.Columns.Length)]);
        return _sources[version.Value] = source;
    }

    private sealed record Source(RowLayout Layout, Apache.Arrow.Schema Schema, KeyEncoder Keys, int[] KeyIndexes, int[] Columns);
}
