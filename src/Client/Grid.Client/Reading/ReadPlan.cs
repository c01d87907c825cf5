using System.Collections.Immutable;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Client.Tables;

namespace Grid.Client.Reading;

/// <summary>What one read wants, bound to the newest schema version: columns to fetch (those of the filter included), columns to hand out, the filter.</summary>
internal sealed class ReadPlan
{
    public ReadPlan(TableSchema schema, IReadOnlyList<string>? columns, Predicate? filter, string? where)
    {
        Schema = schema;
        Filter = Join(filter, where is null ? null : PredicateEvaluator.Parse(where, schema));
        Evaluator = Filter is null ? null : new PredicateEvaluator(Filter, schema);
        if (columns is null)
            return;
        Wanted = [.. columns.Select(name => schema.GetColumn(name).Id)];
        Fetched = Evaluator is null ? Wanted : [.. Wanted, .. Evaluator.Columns.Except(Wanted)];
        Projection = [.. Fetched];
    }

    public TableSchema Schema { get; }

    /// <summary>The columns to hand out, in order; null: all.</summary>
    public ColumnId[]? Wanted { get; }

    /// <summary>The columns asked of the server: those wanted, then those that only the filter needs; null: all.</summary>
    public ColumnId[]? Fetched { get; }

    /// <summary><see cref="Fetched"/> as requests take it.</summary>
    public ImmutableArray<ColumnId> Projection { get; } = [];

    public Predicate? Filter { get; }

    public PredicateEvaluator? Evaluator { get; }

    public int WantedCount => Wanted?.Length ?? Schema.Columns.Length;

    /// <summary>The schema of what is handed out.</summary>
    public Apache.Arrow.Schema ArrowSchema(bool version) => ArrowSchemas.ToArrow(Schema, Wanted, change: false, version);

    private static Predicate? Join(Predicate? left, Predicate? right) => (left, right) switch
    {
        (null, _) => right,
        (_, null) => left,
        _ => new AndPredicate([left, right]),
    };
}

/// <summary>Decodes frames and answers as a plan wants them. One reader at a time; what a format of frames needs is prepared once.</summary>
internal sealed class FrameTranslator(TableHandle table, ReadPlan plan)
{
    private readonly Dictionary<(SchemaVersion Version, bool Change, bool RowVersion), (Apache.Arrow.Schema Schema, BatchConverter Converter)> _formats = [];

    /// <summary>
    /// The plan's fetched columns of a frame in the plan's schema version, followed by the frame's system columns; and the batch that holds their memory.
    /// </summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>, <see cref="GridErrorCode.SchemaMismatch"/>.</exception>
    public async ValueTask<(RecordBatch Rows, RecordBatch Decoded)> DecodeAsync(Frame frame, bool version, CancellationToken cancellationToken)
    {
        var from = await table.GetSchemaAsync(frame.Header.SchemaVersion, cancellationToken).ConfigureAwait(false);
        var change = frame.Header.Flags.HasFlag(FrameFlags.ChangeKinds);
        var format = (from.Version, change, version);
        if (!_formats.TryGetValue(format, out var prepared))
        {
            ColumnId[]? present = plan.Fetched is null ? null : [.. plan.Fetched.Where(id => from.IndexOf(id) >= 0)];
            prepared = (ArrowSchemas.ToArrow(from, present, change, version), new BatchConverter(from, present, plan.Schema, plan.Fetched, narrow: true));
            _formats.Add(format, prepared);
        }

        var batch = FrameDecoder.Decode(frame.Message, frame.Header.RowCount, prepared.Schema);
        return (prepared.Converter.Convert(batch), batch);
    }

    /// <summary>The plan's columns and <c>_version</c> of a frame that has all columns of its schema version.</summary>
    public async ValueTask<RecordBatch> DecodeWholeAsync(Frame frame, CancellationToken cancellationToken)
    {
        var from = await table.GetSchemaAsync(frame.Header.SchemaVersion, cancellationToken).ConfigureAwait(false);
        var batch = FrameDecoder.Decode(frame.Message, frame.Header.RowCount, ArrowSchemas.ToArrow(from, null, change: false, version: true));
        return new BatchConverter(from, fromColumns: null, plan.Schema, plan.Fetched, narrow: true).Convert(batch);
    }
}
