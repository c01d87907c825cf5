using System.Linq.Expressions;
using Apache.Arrow;
using Grid.Client.Columns;

namespace Grid.Client.Rows.Codecs;

/// <summary>
/// Rows of a .NET type as columns and back. Two compiled loops move values between rows and one typed array a column; the column codecs do the rest.
/// Nothing is boxed, and nothing is allocated per row but the rows themselves and what they refer to.
/// </summary>
/// <param name="shape">The type.</param>
/// <param name="codecs">A codec for each member of the shape that takes part; null: the member is not a column here and gets its default value.</param>
internal sealed class RowCodec<T>(RowShape shape, ColumnCodec?[] codecs)
{
    /// <summary>Rows that are moved at once: the arrays of a chunk stay in the processor's cache.</summary>
    private const int ChunkRows = 512;

    private readonly ColumnCodec[] _codecs = [.. codecs.Where(c => c is not null).Select(c => c!)];
    private readonly Action<T[], int, int, bool[]?, System.Array[]> _take = CompileTake(shape, codecs);
    private readonly Action<T[], int, int, bool[]?, System.Array[]> _make = CompileMake(shape, codecs);

    /// <summary>Appends rows to the columns of the members that take part, in their order.</summary>
    public void Write(ReadOnlySpan<ColumnBuffer> columns, T[] rows, int start, int count, bool[]? present)
    {
        for (var done = 0; done < count; done += ChunkRows)
        {
            var chunk = Math.Min(ChunkRows, count - done);
            var there = Chunk(present, done, chunk);
            var values = Rent(chunk);
            _take(rows, start + done, chunk, there, values);
            for (var i = 0; i < _codecs.Length; i++)
                _codecs[i].Write(columns[i], values[i], chunk, there);
            Return(values);
        }
    }

    /// <summary>Makes rows from the columns of the members that take part, in their order.</summary>
    public void Read(ReadOnlySpan<ArrayData> columns, int start, T[] rows, int rowStart, int count, bool[]? present)
    {
        for (var done = 0; done < count; done += ChunkRows)
        {
            var chunk = Math.Min(ChunkRows, count - done);
            var there = Chunk(present, done, chunk);
            var values = Rent(chunk);
            for (var i = 0; i < _codecs.Length; i++)
                _codecs[i].Read(columns[i], start + done, values[i], chunk, there);
            _make(rows, rowStart + done, chunk, there, values);
            Return(values);
        }
    }

    private static bool[]? Chunk(bool[]? present, int start, int count) =>
        present is null || (start == 0 && count == present.Length) ? present : present[start..(start + count)];

    private System.Array[] Rent(int count)
    {
        var values = new System.Array[_codecs.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = _codecs[i].Rent(count);
        return values;
    }

    // After a failure the arrays are not returned: the garbage collector takes them.
    private void Return(System.Array[] values)
    {
        for (var i = 0; i < values.Length; i++)
            _codecs[i].Return(values[i]);
    }

    /// <summary>for each row that is present: values0[i] = row.Member0; values1[i] = row.Member1; ...; else their defaults</summary>
    private static Action<T[], int, int, bool[]?, System.Array[]> CompileTake(RowShape shape, ColumnCodec?[] codecs) =>
        CompileLoop(shape, codecs, (row, index, arrays) =>
        {
            var present = new List<Expression>();
            var absent = new List<Expression>();
            for (var i = 0; i < codecs.Length; i++)
            {
                if (arrays[i] is not { } array)
                    continue;
                var slot = Expression.ArrayAccess(array, index);
                present.Add(Expression.Assign(slot, shape.Members[i].Read(row)));
                absent.Add(Expression.Assign(slot, Expression.Default(slot.Type)));
            }

            return (Expression.Block(typeof(void), [.. present, Expression.Empty()]), Expression.Block(typeof(void), [.. absent, Expression.Empty()]));
        });

    /// <summary>for each row that is present: rows[start + i] = new T(values0[i], ...) { Member = values1[i], ... }; else its default</summary>
    private static Action<T[], int, int, bool[]?, System.Array[]> CompileMake(RowShape shape, ColumnCodec?[] codecs) =>
        CompileLoop(shape, codecs, (row, index, arrays) =>
        {
            var values = new Expression?[codecs.Length];
            for (var i = 0; i < codecs.Length; i++)
                values[i] = arrays[i] is { } array ? Expression.ArrayIndex(array, index) : null;
            return (Expression.Assign(row, shape.Construct(values)), Expression.Assign(row, Expression.Default(typeof(T))));
        });

    private static Action<T[], int, int, bool[]?, System.Array[]> CompileLoop(
        RowShape shape, ColumnCodec?[] codecs, Func<Expression, Expression, ParameterExpression?[], (Expression Present, Expression Absent)> body)
    {
        var rows = Expression.Parameter(typeof(T[]), "rows");
        var start = Expression.Parameter(typeof(int), "start");
        var count = Expression.Parameter(typeof(int), "count");
        var present = Expression.Parameter(typeof(bool[]), "present");
        var values = Expression.Parameter(typeof(System.Array[]), "values");
        var index = Expression.Variable(typeof(int), "i");

        var arrays = new ParameterExpression?[codecs.Length];
        var setup = new List<Expression>();
        for (int i = 0, used = 0; i < codecs.Length; i++)
        {
            if (codecs[i] is not { } codec)
                continue;
            arrays[i] = Expression.Variable(codec.ValueType.MakeArrayType(), shape.Members[i].Name);
            setup.Add(Expression.Assign(arrays[i]!, Expression.Convert(Expression.ArrayIndex(values, Expression.Constant(used++)), codec.ValueType.MakeArrayType())));
        }

        var (whenPresent, whenAbsent) = body(Expression.ArrayAccess(rows, Expression.Add(start, index)), index, arrays);
        var isPresent = Expression.OrElse(Expression.Equal(present, Expression.Constant(null, typeof(bool[]))), Expression.ArrayIndex(present, index));
        var done = Expression.Label();
        var loop = Expression.Loop(
            Expression.Block(
                Expression.IfThen(Expression.GreaterThanOrEqual(index, count), Expression.Break(done)),
                Expression.IfThenElse(isPresent, whenPresent, whenAbsent),
                Expression.PreIncrementAssign(index)),
            done);
        var block = Expression.Block([index, .. arrays.Where(a => a is not null).Select(a => a!)], [.. setup, Expression.Assign(index, Expression.Constant(0)), loop]);
        return Expression.Lambda<Action<T[], int, int, bool[]?, System.Array[]>>(block, rows, start, count, present, values).Compile();
    }
}
