using Grid.Abstractions;

namespace Grid.Storage.Log;

/// <summary>Which frames and columns a fetch wants, checked and bound to the table's schemas. Lives for one call.</summary>
internal sealed class FetchShape
{
    private readonly FetchRequest _request;
    private readonly TableInfo _table;
    private readonly PredicateEvaluator? _filter;
    private FrameProjector? _projector;

    public FetchShape(FetchRequest request, TableInfo table)
    {
        _request = request;
        _table = table;
        if (request.BytesMax is < 1 or > GridLimits.CallBytesMax)
            throw new GridException(GridErrorCode.InvalidArgument, $"A fetch of at most {request.BytesMax} bytes; ask for 1 to {GridLimits.CallBytesMax}.");
        if (request.WaitMsMax is < 0 or > GridLimits.FetchWaitMsMax)
            throw new GridException(GridErrorCode.InvalidArgument, $"A fetch that waits {request.WaitMsMax} ms; legal are 0 to {GridLimits.FetchWaitMsMax}.");
        if (!request.Project && request.Filter is null)
            return;

        var schema = table.GetSchema(request.SchemaVersion);
        if (request.Project)
        {
            if (request.Columns.IsDefault)
                throw new GridException(GridErrorCode.InvalidArgument, "A projecting fetch has no list of columns; an empty list asks for row counts.");
            foreach (var column in request.Columns)
                schema.GetColumn(column);
        }

        if (request.Filter is { } filter)
            _filter = new PredicateEvaluator(filter, schema);
    }

    /// <summary>What was asked for.</summary>
    public FetchRequest Request => _request;

    /// <summary>Whether frames go out whole, without a look at each.</summary>
    public bool TakesAll => !_request.Project && _filter is null;

    public int BytesMax => _request.BytesMax;

    public TableSchema SchemaOf(SchemaVersion version) => _table.GetSchema(version);

    /// <summary>False where the frame's statistics rule out every row.</summary>
    public bool MayMatch(ReadOnlySpan<byte> metadata, TableSchema frameSchema) => _filter is null || _filter.MayMatch(metadata, frameSchema);

    /// <summary>The projection of frames of that schema version; null: all columns.</summary>
    public FrameProjector? ProjectorOf(TableSchema frameSchema)
    {
        if (!_request.Project)
            return null;
        if (_projector?.FrameSchema.Version != frameSchema.Version)
            _projector = new FrameProjector(frameSchema, _request.Columns);
        return _projector;
    }
}
