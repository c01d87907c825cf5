using System.Collections.Immutable;
using Apache.Arrow;
using Grid.Abstractions;
using Column = Grid.Abstractions.Column;

namespace Grid.Storage.Kv;

/// <summary>What the frames of a writer look like (schema version, target columns, change kinds), and how their rows become rows of the newest layout.</summary>
internal sealed class WriteFormat
{
    private readonly Apache.Arrow.Schema _arrow;
    private readonly BatchConverter _converter;
    private readonly int[] _keyIndexes;
    private readonly int[] _sources;
    private readonly Column[] _required;
    private readonly KeyEncoder _keys;
    private readonly int _columns;

    /// <exception cref="GridException"><see cref="GridErrorCode.SchemaMismatch"/>, <see cref="GridErrorCode.InvalidTargets"/>.</exception>
    public WriteFormat(RowLayouts layouts, SchemaVersion version, FrameFlags flags, ImmutableArray<ColumnId> targets)
    {
        Version = version;
        Flags = flags;
        Targets = targets.IsDefault ? [] : targets;
        var schema = layouts.Table.GetSchema(version);
        var newest = layouts.Newest.Schema;
        IsPartial = Targets.Length > 0;
        if (IsPartial)
            RequireTargets(schema, Targets);
        ColumnId[] from = IsPartial ? [.. Targets] : [.. schema.Columns.Select(column => column.Id)];

        // A full row of an older version is a full row: what it does not know reads as it would from an old frame. A column dropped since is left out.
        ColumnId[] to = IsPartial ? [.. from.Where(id => newest.IndexOf(id) >= 0)] : [.. newest.Columns.Select(column => column.Id)];
        _columns = from.Length;
        _arrow = ArrowSchemas.ToArrow(schema, from, flags.HasFlag(FrameFlags.ChangeKinds), version: false);
        _converter = new BatchConverter(schema, from, newest, to);
        _sources = [.. newest.Columns.Select(column => System.Array.IndexOf(to, column.Id))];
        _keys = new KeyEncoder(newest, newest.PrimaryKey);
        _keyIndexes = [.. newest.PrimaryKey.Select(id => System.Array.IndexOf(to, id))];
        Take = [.. _sources.Select(source => source >= 0)];
        Nulled = [.. newest.Columns.Select((column, i) => Take[i] && !newest.PrimaryKey.Contains(column.Id))];

        // As the writer meant it: a target that was dropped since leaves nothing to make null, which is no wish to delete the row.
        DeletesRows = !IsPartial || Targets.Length == schema.PrimaryKey.Length;
        _required = [.. newest.Columns.Where((column, i) => !column.Nullable && column.Default is null && !Take[i])];
    }

    public SchemaVersion Version { get; }

    public FrameFlags Flags { get; }

    public ImmutableArray<ColumnId> Targets { get; }

    /// <summary>Whether only some columns are written.</summary>
    public bool IsPartial { get; }

    /// <summary>Whether deletes delete rows: in full writes and those of the key alone. Else they make <see cref="Nulled"/> null.</summary>
    public bool DeletesRows { get; }

    /// <summary>The columns of the newest layout that the frames have.</summary>
    public bool[] Take { get; }

    /// <summary>Those of them that are not part of the key.</summary>
    public bool[] Nulled { get; }

    public bool Matches(SchemaVersion version, FrameFlags flags, ImmutableArray<ColumnId> targets) =>
        version == Version && flags == Flags && (targets.IsDefault ? [] : targets).AsSpan().SequenceEqual(Targets.AsSpan());

    /// <summary>Decodes a frame; the batch has <see cref="RecordBatch.Length"/> rows of the newest schema's types.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="kinds">Their change kinds; empty where all rows are upserts.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>, <see cref="GridErrorCode.SchemaMismatch"/>, <see cref="GridErrorCode.TooLarge"/>, <see cref="GridErrorCode.NullNotAllowed"/>.</exception>
    public RecordBatch Decode(Frame frame, out ReadOnlyMemory<byte> kinds)
    {
        var batch = FrameDecoder.Decode(frame.Message, frame.Header.RowCount, _arrow);
        kinds = default;
        if (Flags.HasFlag(FrameFlags.ChangeKinds))
        {
            var change = batch.Column(_columns).Data;
            kinds = change.Buffers[1].Memory.Slice(change.Offset, batch.Length);
            foreach (var kind in kinds.Span)
                if (kind > (byte)ChangeKind.Delete)
                    throw new GridException(GridErrorCode.Corrupt, $"A row has the change kind {(sbyte)kind}; legal are 0 to 3.");
        }

        return _converter.IsIdentity ? batch : _converter.Convert(batch);
    }

    /// <summary>The keys of a decoded batch.</summary>
    public EncodedKeys EncodeKeys(RecordBatch batch) => _keys.Encode(batch, _keyIndexes);

    /// <summary>The rows of a decoded batch.</summary>
    public void EncodeRows(RowLayout newest, RecordBatch batch, RowEncoder encoder, NativeArena arena, Span<RowRef> rows) =>
        encoder.Encode(newest, batch, _sources, arena, rows);

    /// <summary>Checks a row that is upserted: no null where none is allowed.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.NullNotAllowed"/>.</exception>
    public void RequireNotNull(RowLayout newest, RowRef row, int index)
    {
        for (var i = 0; i < Take.Length; i++)
            if (Take[i] && !newest.Columns[i].Column.Nullable && RowLayout.IsNull(row, i))
                throw new GridException(GridErrorCode.NullNotAllowed, $"Row {index} has null in column {newest.Columns[i].Column.Name}, which is not nullable.");
    }

    /// <summary>Whether <see cref="RequireNotNull"/> has anything to look at.</summary>
    public static bool MayHaveNulls(RecordBatch batch)
    {
        foreach (var array in batch.Arrays)
            if (!NestedRange.Validity(array.Data).IsEmpty)
                return true;
        return false;
    }

    /// <summary>Checks that a partial upsert may make a new row.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.NullNotAllowed"/>.</exception>
    public void RequireInsertable(int index)
    {
        if (_required.Length > 0)
            throw new GridException(GridErrorCode.NullNotAllowed,
                $"Row {index} is new, and the write has no value for column {_required[0].Name}, which is not nullable and has no default; name it among the targets.");
    }

    /// <summary>Checks that a partial delete may make its targets null.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.NullNotAllowed"/>.</exception>
    public void RequireNullable(RowLayout newest)
    {
        for (var i = 0; i < Nulled.Length; i++)
            if (Nulled[i] && !newest.Columns[i].Column.Nullable)
                throw new GridException(GridErrorCode.NullNotAllowed, $"A partial delete would make column {newest.Columns[i].Column.Name} null, which is not nullable; delete the row instead.");
    }

    private static void RequireTargets(TableSchema schema, ImmutableArray<ColumnId> targets)
    {
        var last = -1;
        foreach (var id in targets)
        {
            var index = schema.IndexOf(id);
            if (index < 0)
                throw new GridException(GridErrorCode.InvalidTargets, $"The target column with id {id} is not in schema version {schema.Version}; read the table's schema again.");
            if (index <= last)
                throw new GridException(GridErrorCode.InvalidTargets, $"The target column {schema.Columns[index].Name} is out of order or named twice; name targets in schema order.");
            last = index;
        }

        foreach (var key in schema.PrimaryKey)
            if (!targets.Contains(key))
                throw new GridException(GridErrorCode.InvalidTargets, $"The targets lack the key column {schema.GetColumn(key).Name}; name the whole key.");
    }
}
