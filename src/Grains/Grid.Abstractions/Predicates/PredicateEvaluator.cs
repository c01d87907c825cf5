using Apache.Arrow;

namespace Grid.Abstractions;

/// <summary>Evaluates a predicate: on statistics (may a frame have a match?) and on rows.</summary>
public sealed class PredicateEvaluator
{
    /// <summary>Binds a predicate to the schema version it speaks of: columns exist and are scalar, values are of their types.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownColumn"/>, <see cref="GridErrorCode.InvalidArgument"/>.</exception>
    public PredicateEvaluator(Predicate predicate, TableSchema schema) => throw new NotImplementedException();

    /// <summary>The columns that rows must have for <see cref="Select"/>.</summary>
    public IReadOnlyList<ColumnId> Columns => throw new NotImplementedException();

    /// <summary>False only where the message's statistics prove that no row matches. Missing or unreadable statistics mean true.</summary>
    /// <param name="metadata">The message's flatbuffer (without its 8-byte prefix).</param>
    /// <param name="frameSchema">The schema version the frame was written with.</param>
    public bool MayMatch(ReadOnlySpan<byte> metadata, TableSchema frameSchema) => throw new NotImplementedException();

    /// <summary>The indexes of the rows that match.</summary>
    /// <param name="batch">A batch of the schema version bound to.</param>
    /// <param name="columns">The table columns in the batch, in order; null: all.</param>
    public int[] Select(RecordBatch batch, IReadOnlyList<ColumnId>? columns) => throw new NotImplementedException();

    /// <summary>Reads a text such as <c>delay &gt; 5 and origin = 'SFO' or not (x is null)</c>.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: with the place and what was expected; <see cref="GridErrorCode.UnknownColumn"/>.</exception>
    public static Predicate Parse(string text, TableSchema schema) => throw new NotImplementedException();
}
