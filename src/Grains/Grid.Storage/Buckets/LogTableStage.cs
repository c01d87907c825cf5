using Grid.Abstractions;
using Grid.Storage.Log;

namespace Grid.Storage.Buckets;

/// <summary>A log table's stage: the frames go into the log as they came, checked but not decoded.</summary>
internal sealed class LogTableStage : IWriteStage
{
    private readonly Dictionary<SchemaVersion, Apache.Arrow.Schema> _arrowSchemas = [];
    private readonly BucketLog _log;
    private volatile TableInfo _table;

    /// <summary>Makes the stage.</summary>
    /// <param name="table">The table.</param>
    /// <param name="log">The log.</param>
    public LogTableStage(TableInfo table, BucketLog log)
    {
        _table = table;
        _log = log;
    }

    public LogOffset NeededFrom => new(long.MaxValue);

    public bool MayOverlap => true;

    public void Update(TableInfo table) => _table = table;

    public void Prepare(WriteGroup group)
    {
        var version = _log.LastVersion;
        foreach (var write in group.Writes)
        {
            if (write.Refusal is not null)
                continue;
            if (Check(write, version) is { } refusal)
            {
                group.Refuse(write, refusal);
                continue;
            }

            for (var i = write.FirstNew; i < write.Frames.Length; i++)
                group.Emit(write, write.Frames[i].Header, write.Frames[i].Message);
            version = write.Frames[^1].Header.SchemaVersion;
        }
    }

    public void Apply(WriteGroup group)
    {
        // The log is all there is.
    }

    /// <summary>All frames of a write or none: what is wrong with the first bad one, or null.</summary>
    private Refusal? Check(PendingWrite write, SchemaVersion version)
    {
        for (var i = write.FirstNew; i < write.Frames.Length; i++)
        {
            var (header, message) = write.Frames[i];
            if (header.SchemaVersion < version)
                return new Refusal(GridErrorCode.SchemaStale,
                    $"The frame was encoded with schema version {header.SchemaVersion}, the log is at {version}; encode its rows again with version {version}.", version.Value);
            if (header.Flags != FrameFlags.None)
                return new Refusal(GridErrorCode.SchemaMismatch, $"A log table's frame has no flags; this one has {header.Flags}. Send the rows without change kinds.");
            // Each offset of a log table is a row's: readers of its lake count on that.
            if (header.RowCount == 0)
                return new Refusal(GridErrorCode.InvalidArgument, "A log table's frame has at least one row; this one has none. Leave it out.");
            try
            {
                FrameDecoder.Check(message.Span, header.RowCount, ArrowSchemaOf(header.SchemaVersion));
            }
            catch (GridException e)
            {
                return Refusal.From(e);
            }

            version = header.SchemaVersion;
        }

        return null;
    }

    private Apache.Arrow.Schema ArrowSchemaOf(SchemaVersion version)
    {
        if (!_arrowSchemas.TryGetValue(version, out var schema))
            _arrowSchemas[version] = schema = ArrowSchemas.ToArrow(_table.GetSchema(version));
        return schema;
    }
}
