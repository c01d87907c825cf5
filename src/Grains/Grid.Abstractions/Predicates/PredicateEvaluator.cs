using System.Buffers;
using System.Collections.Immutable;
using Apache.Arrow;

namespace Grid.Abstractions;

/// <summary>Evaluates a predicate: on statistics (may a frame have a match?) and on rows. Any number of callers at a time.</summary>
public sealed class PredicateEvaluator
{
    private readonly TableSchema _schema;
    private readonly List<ColumnId> _columns = [];
    private readonly PredicateNode _root;
    private int _parts;

    /// <summary>Binds a predicate to the schema version it speaks of: columns exist, those compared are scalar, values are of their types.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownColumn"/>; <see cref="GridErrorCode.InvalidArgument"/>: a value, or more than
    /// <see cref="Predicate.DepthMax"/> levels or <see cref="Predicate.PartsMax"/> parts.</exception>
    public PredicateEvaluator(Predicate predicate, TableSchema schema)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        ArgumentNullException.ThrowIfNull(schema);
        _schema = schema;
        _root = Bind(predicate, depth: 1);
    }

    /// <summary>The columns that rows must have for <see cref="Select"/>.</summary>
    public IReadOnlyList<ColumnId> Columns => _columns;

    /// <summary>False only where the message's statistics prove that no row matches. Missing or unreadable statistics mean true.</summary>
    /// <param name="metadata">The message's flatbuffer (without its 8-byte prefix).</param>
    /// <param name="frameSchema">The schema version the frame was written with.</param>
    public bool MayMatch(ReadOnlySpan<byte> metadata, TableSchema frameSchema)
    {
        ArgumentNullException.ThrowIfNull(frameSchema);
        return !FrameStatistics.TryRead(metadata, out var statistics) || MayMatch(statistics, frameSchema);
    }

    /// <summary>False only where the statistics prove that no row matches.</summary>
    internal bool MayMatch(FrameStatistics statistics, TableSchema frameSchema) => (_root.Possible(statistics, frameSchema) & Truth.MayBeTrue) != 0;

    /// <summary>The indexes of the rows that match.</summary>
    /// <param name="batch">A batch of the schema version bound to.</param>
    /// <param name="columns">The table columns in the batch, in order; null: all.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.SchemaMismatch"/>: the batch lacks a column of <see cref="Columns"/>, or has another type there.</exception>
    public int[] Select(RecordBatch batch, IReadOnlyList<ColumnId>? columns)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var indexes = new int[_columns.Count];
        for (var i = 0; i < indexes.Length; i++)
            indexes[i] = Find(batch, columns, _columns[i]);
        var rented = ArrayPool<byte>.Shared.Rent(batch.Length);
        var truth = rented.AsSpan(0, batch.Length);
        _root.Evaluate(new RowColumns(batch, indexes), truth);

        var matches = new int[truth.Count(Truth.True)];
        for (int found = 0, row = -1; found < matches.Length; found++)
        {
            row += 1 + truth[(row + 1)..].IndexOf(Truth.True);
            matches[found] = row;
        }

        ArrayPool<byte>.Shared.Return(rented);
        return matches;
    }

    /// <summary>Reads a text such as <c>delay &gt; 5 and origin = 'SFO' or not (x is null)</c>.</summary>
    /// <param name="text">
    /// Conditions joined by <c>and</c>, <c>or</c>, <c>not</c> and parentheses: <c>column = != &lt;&gt; &lt; &lt;= &gt; &gt;= value</c>, <c>column is [not] null</c>,
    /// <c>column [not] in (value, ...)</c>, <c>column [not] between value and value</c>. Columns that are no plain words stand in double quotes. Values
    /// are numbers, <c>true</c>, <c>false</c> and text in single quotes in the form of <see cref="ValueText"/>, also as <c>date '2001-01-31'</c>.
    /// </param>
    /// <param name="schema">The schema whose columns it names.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: with the place and what was expected; <see cref="GridErrorCode.UnknownColumn"/>.</exception>
    public static Predicate Parse(string text, TableSchema schema)
    {
        var predicate = PredicateParser.Parse(text, schema);
        _ = new PredicateEvaluator(predicate, schema); // depth and number of parts
        return predicate;
    }

    private int Find(RecordBatch batch, IReadOnlyList<ColumnId>? columns, ColumnId id)
    {
        var column = _schema.GetColumn(id);
        var index = columns is null ? _schema.IndexOf(id) : -1;
        for (var i = 0; index < 0 && i < columns!.Count; i++)
            if (columns[i] == id)
                index = i;
        if (index < 0 || index >= batch.ColumnCount)
            throw new GridException(GridErrorCode.SchemaMismatch, $"The rows lack column '{column.Name}', which the filter needs; read it too.");
        var data = batch.Column(index).Data;
        if (data.Length != batch.Length || (!column.Type.IsNested && !ScalarArrays.IsStoredAs(column.Type, data.DataType)))
            throw new GridException(GridErrorCode.SchemaMismatch,
                $"Column '{column.Name}' should have {batch.Length} values of {column.Type}, but has {data.Length} of {data.DataType.Name}.");
        return index;
    }

    private PredicateNode Bind(Predicate predicate, int depth)
    {
        if (depth > Predicate.DepthMax)
            throw Invalid($"The predicate nests deeper than {Predicate.DepthMax} levels; write it flatter.");
        if (++_parts > Predicate.PartsMax)
            throw Invalid($"The predicate has more than {Predicate.PartsMax} parts; split the query.");
        switch (predicate)
        {
            case AndPredicate and:
                return new CombineNode(Bind(and.Parts, depth), isAnd: true);
            case OrPredicate or:
                return new CombineNode(Bind(or.Parts, depth), isAnd: false);
            case NotPredicate not:
                return new NotNode(Bind(not.Part, depth + 1));
            case NullPredicate isNull:
                var column = _schema.GetColumn(isNull.Column);
                return new NullNode(column, Slot(column), isNull.Negated);
            case ComparePredicate compare:
                column = _schema.GetColumn(compare.Column);
                if (column.Type.IsNested)
                    throw Invalid(
                        $"Column '{column.Name}' of type {column.Type} cannot be compared; only scalar columns can, others only be null or not.");
                if (compare.Operator > CompareOperator.GreaterOrEqual)
                    throw Invalid($"{(byte)compare.Operator} is not an operator; the operators are 0 to {(byte)CompareOperator.GreaterOrEqual}.");
                if (compare.Value is null)
                    throw Invalid($"Column '{column.Name}' is compared with nothing (null); use a null condition.");
                return new CompareNode(column, Slot(column), compare.Operator, compare.Value);
            default:
                throw Invalid(predicate is null ? "A part of the predicate is missing (null)." : $"'{predicate.GetType().Name}' is not a predicate that this version knows.");
        }
    }

    private PredicateNode[] Bind(ImmutableArray<Predicate> parts, int depth)
    {
        if (parts.IsDefaultOrEmpty)
            throw Invalid("An AND or OR has no parts; give it one or more.");
        var nodes = new PredicateNode[parts.Length];
        for (var i = 0; i < nodes.Length; i++)
            nodes[i] = Bind(parts[i], depth + 1);
        return nodes;
    }

    private int Slot(Column column)
    {
        var slot = _columns.IndexOf(column.Id);
        if (slot >= 0)
            return slot;
        _columns.Add(column.Id);
        return _columns.Count - 1;
    }

    private static GridException Invalid(string message) => new(GridErrorCode.InvalidArgument, message);
}
