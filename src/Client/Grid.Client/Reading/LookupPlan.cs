using System.Collections.Immutable;
using Apache.Arrow;
using Grid.Abstractions;

namespace Grid.Client.Reading;

/// <summary>What lookups ask for and how their answers are decoded.</summary>
internal sealed class LookupPlan
{
    private readonly ImmutableArray<ColumnId> _projection;

    public LookupPlan(TableSchema schema, IReadOnlyList<ColumnId>? columns, bool versions)
    {
        // All columns in their order need not be named in each call.
        if (columns is not null && columns.SequenceEqual(schema.Columns.Select(static column => column.Id)))
            columns = null;
        Schema = schema;
        Columns = columns;
        Versions = versions;
        ArrowSchema = ArrowSchemas.ToArrow(schema, columns, change: false, versions);
        KeyEncoder = new KeyEncoder(schema, schema.PrimaryKey);
        _projection = columns is null ? [] : [.. columns];
    }

    public TableSchema Schema { get; }

    public IReadOnlyList<ColumnId>? Columns { get; }

    public bool Versions { get; }

    public Apache.Arrow.Schema ArrowSchema { get; }

    public KeyEncoder KeyEncoder { get; }

    public static ColumnId[]? Resolve(TableSchema schema, IReadOnlyList<string>? columns) =>
        columns is null ? null : [.. columns.Select(name => schema.GetColumn(name).Id)];

    public LookupRequest Request(FrameBlock keys, LogOffset floor) => new()
    {
        Keys = keys,
        SchemaVersion = Schema.Version,
        Project = Columns is not null,
        Columns = _projection,
        Versions = Versions,
        Floor = floor,
    };

    /// <summary>The rows of an answer: valid while its block is.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>: the answer contradicts itself or the request.</exception>
    public RecordBatch? Decode(LookupAnswer answer, int keys)
    {
        if (answer.Answered < 1 || answer.Answered > keys || answer.Found.Length < (answer.Answered + 7) / 8)
            throw new GridException(GridErrorCode.Corrupt, $"A lookup of {keys} keys was answered for {answer.Answered} with {answer.Found.Length} bytes of flags; ask again.");
        var found = 0;
        for (var i = 0; i < answer.Answered; i++)
            found += IsFound(answer, i) ? 1 : 0;
        if (answer.Rows is null && found == 0)
            return null;
        var frame = answer.Rows is null ? default : ShardReader.Single(answer.Rows);
        if (frame.Header.RowCount != found)
            throw new GridException(GridErrorCode.Corrupt, $"A lookup says that {found} rows were found and has {frame.Header.RowCount}; ask again.");
        return FrameDecoder.Decode(frame.Message, frame.Header.RowCount, ArrowSchema);
    }

    public static bool IsFound(LookupAnswer answer, int key) => (answer.Found[key >> 3] & (1 << (key & 7))) != 0;
}
