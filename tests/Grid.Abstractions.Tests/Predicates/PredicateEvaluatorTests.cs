using System.Buffers.Binary;
using System.Collections.Immutable;
using Apache.Arrow;
using CsCheck;
using Grid.Abstractions;
using Grid.Testing;
using Grid.Testing.Rows;
using Column = Grid.Abstractions.Column;

namespace Grid.Abstractions.Tests.Predicates;

public sealed class PredicateEvaluatorTests
{
    [Fact]
    public void Matching_rows_are_those_of_a_row_wise_evaluation() => Generators.Random.Sample(random =>
    {
        var schema = Generators.NextSchema(random, columnsMax: 4, primaryKey: random.Next(2) == 0, depth: 1);
        var batch = Generators.NextBatch(schema, random.Next(80), random);
        var rows = ArrowRows.Read(schema.Columns, batch);
        for (var i = 0; i < 10; i++)
        {
            var predicate = Next(schema, rows, random, depth: 3);
            var evaluator = new PredicateEvaluator(predicate, schema);
            Assert.Equal(Matches(predicate, schema, rows), evaluator.Select(batch, null));

            // The same with only the columns it needs, in its order.
            var few = new RecordBatch(ArrowSchemas.ToArrow(schema, evaluator.Columns, false, false), evaluator.Columns.Select(id => batch.Column(schema.IndexOf(id))), batch.Length);
            Assert.Equal(Matches(predicate, schema, rows), evaluator.Select(few, evaluator.Columns));
        }
    }, iter: 1500);

    [Fact]
    public void A_frame_with_a_match_is_never_skipped() => Generators.Random.Sample(random =>
    {
        var written = Generators.NextSchema(random, columnsMax: 3, primaryKey: false, depth: 0);
        var asked = Widened(written, random);
        var rows = random.Next(3) == 0 ? random.Next(40) : random.Next(1, 4); // few rows: narrow bounds
        var batch = Generators.NextBatch(written, rows, random);
        using var encoder = new FrameEncoder(new FrameEncoderOptions { Compression = FrameCompression.None });
        using var frame = encoder.Encode(batch, written, null, FrameFlags.None, default, 0);
        var metadata = Metadata(frame);

        var converted = new BatchConverter(written, null, asked, null).Convert(batch);
        var converts = ArrowRows.Read(asked.Columns, converted);
        for (var i = 0; i < 20; i++)
        {
            var predicate = Next(asked, converts, random, depth: 3);
            var evaluator = new PredicateEvaluator(predicate, asked);
            if (evaluator.Select(converted, null).Length > 0)
                Assert.True(evaluator.MayMatch(metadata, written), predicate.ToString());
        }
    }, iter: 1500);

    [Theory]
    [InlineData("a > 10", false)]
    [InlineData("a >= 10", true)]
    [InlineData("a < 1", false)]
    [InlineData("a <= 1", true)]
    [InlineData("a = 11", false)]
    [InlineData("a != 5", true)]
    [InlineData("not (a <= 10)", false)]
    [InlineData("not (a between 1 and 10)", false)]
    [InlineData("a > 10 or b is null", false)]
    [InlineData("b is not null", true)]
    [InlineData("a < 5 and s >= 'x'", false)]
    [InlineData("a in (0, 11, 12)", false)]
    [InlineData("a in (0, 11, 5)", true)]
    [InlineData("added = 7", true)]
    [InlineData("added = 8", false)]
    [InlineData("added is null", false)]
    [InlineData("nothing is null", true)]
    [InlineData("nothing = 1", false)]
    [InlineData("nothing != 1", false)]
    [InlineData("f > 2.5", false)]
    [InlineData("f < 2.5", true)]
    [InlineData("nan > 1000", true)]
    [InlineData("n is not null", false)]
    [InlineData("n = 0 or n != 0", false)]
    public void Frames_are_skipped_where_the_statistics_prove_it(string text, bool may)
    {
        var written = Schema(new("a", DataType.Int32), new("b", DataType.Int64), new("s", DataType.String), new("f", DataType.Float32), new("nan", DataType.Float64), new("n", DataType.Int8));
        var asked = SchemaEvolution.Apply(written,
        [
            new WidenColumn("a", DataType.Int64), new WidenColumn("f", DataType.Float64), new AddColumn(new Column("added", DataType.Int32) { Default = "7" }),
            new AddColumn(new Column("nothing", DataType.Int32)),
        ]);
        var batch = ArrowRows.Build(written, [.. Enumerable.Range(1, 10).Select(i => new object?[] { i, (long)i, $"s{i}", i / 4f, double.NaN, null })]);
        using var encoder = new FrameEncoder(new FrameEncoderOptions());
        using var frame = encoder.Encode(batch, written, null, FrameFlags.None, default, 0);
        Assert.Equal(may, new PredicateEvaluator(PredicateEvaluator.Parse(text, asked), asked).MayMatch(Metadata(frame), written));
    }

    [Fact]
    public void Statistics_that_are_missing_or_unreadable_skip_nothing()
    {
        var schema = Schema(new Column("a", DataType.Int32));
        var evaluator = new PredicateEvaluator(PredicateEvaluator.Parse("a > 10", schema), schema);
        using var encoder = new FrameEncoder(new FrameEncoderOptions { Statistics = false });
        using var frame = encoder.Encode(ArrowRows.Build(schema, [[1]]), schema, null, FrameFlags.None, default, 0);
        Assert.True(evaluator.MayMatch(Metadata(frame), schema));
        Assert.True(evaluator.MayMatch(ReadOnlySpan<byte>.Empty, schema));
        Assert.True(evaluator.MayMatch(new byte[100], schema));
    }

    [Fact]
    public void Predicates_that_do_not_fit_are_refused()
    {
        var schema = Schema(new Column("a", DataType.Int32), new Column("l", DataType.List(DataType.Int32)));
        var (a, l) = (schema.Columns[0].Id, schema.Columns[1].Id);
        Refused(GridErrorCode.UnknownColumn, new NullPredicate(new ColumnId(99), false), schema);
        Refused(GridErrorCode.InvalidArgument, new ComparePredicate(a, CompareOperator.Equal, "x"), schema);
        Refused(GridErrorCode.InvalidArgument, new ComparePredicate(a, CompareOperator.Equal, null!), schema);
        Refused(GridErrorCode.InvalidArgument, new ComparePredicate(a, (CompareOperator)6, "1"), schema);
        Refused(GridErrorCode.InvalidArgument, new ComparePredicate(l, CompareOperator.Equal, "1"), schema);
        Refused(GridErrorCode.InvalidArgument, new AndPredicate([]), schema);
        Refused(GridErrorCode.InvalidArgument, new OrPredicate(default), schema);
        Refused(GridErrorCode.InvalidArgument, new NotPredicate(null!), schema);
        Predicate deep = new NullPredicate(a, false);
        for (var i = 1; i < Predicate.DepthMax; i++)
            deep = new NotPredicate(deep);
        _ = new PredicateEvaluator(deep, schema);
        Refused(GridErrorCode.InvalidArgument, new NotPredicate(deep), schema);
        Refused(GridErrorCode.InvalidArgument, new OrPredicate([.. Enumerable.Repeat(new NullPredicate(a, false), Predicate.PartsMax)]), schema);

        var evaluator = new PredicateEvaluator(new NullPredicate(a, false), schema);
        var batch = ArrowRows.Build(schema, [[1, null]]);
        Assert.Equal(GridErrorCode.SchemaMismatch, Assert.Throws<GridException>(() => evaluator.Select(batch, [l])).Code);
        Assert.Equal(GridErrorCode.SchemaMismatch, Assert.Throws<GridException>(() => evaluator.Select(batch, [l, a])).Code);
    }

    private static void Refused(GridErrorCode code, Predicate predicate, TableSchema schema) =>
        Assert.Equal(code, Assert.Throws<GridException>(() => new PredicateEvaluator(predicate, schema)).Code);

    // The flatbuffer behind the continuation and its length.
    private static ReadOnlySpan<byte> Metadata(FrameBlock frame)
    {
        var message = frame.Span[FrameHeader.Size..];
        return message.Slice(8, BinaryPrimitives.ReadInt32LittleEndian(message[4..]));
    }

    private static TableSchema Schema(params Column[] columns) =>
        SchemaEvolution.Create(new CreateTable { Path = new TablePath("test", "t"), Columns = [.. columns] });

    private static TableSchema Widened(TableSchema schema, Random random)
    {
        foreach (var column in schema.Columns)
        {
            DataType? wide = column.Type.Kind switch
            {
                TypeKind.Int32 => DataType.Int64,
                TypeKind.Float32 => DataType.Float64,
                TypeKind.Decimal when column.Type.Precision < 38 => DataType.Decimal(38, column.Type.Scale),
                _ => null,
            };
            if (wide is not null && random.Next(2) == 0)
                schema = SchemaEvolution.Apply(schema, [new WidenColumn(column.Name, wide)]);
        }

        var type = Generators.NextType(random, 0);
        var added = new Column("added", type);
        return SchemaEvolution.Apply(schema, [new AddColumn(random.Next(2) == 0 ? added : added with { Default = ValueText.Format(type, RandomValues.Next(type, random)) })]);
    }

    private static Predicate Next(TableSchema schema, object?[][] rows, Random random, int depth)
    {
        switch (depth == 0 ? 9 : random.Next(10))
        {
            case 0:
                return new NotPredicate(Next(schema, rows, random, depth - 1));
            case 1 or 2:
                return new AndPredicate([.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Next(schema, rows, random, depth - 1))]);
            case 3 or 4:
                return new OrPredicate([.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Next(schema, rows, random, depth - 1))]);
        }

        var index = random.Next(schema.Columns.Length);
        var column = schema.Columns[index];
        if (column.Type.IsNested || random.Next(5) == 0)
            return new NullPredicate(column.Id, random.Next(2) == 0);
        var value = rows.Length > 0 && random.Next(2) == 0 ? rows[random.Next(rows.Length)][index] : null; // often one that is there
        return new ComparePredicate(column.Id, (CompareOperator)random.Next(6), ValueText.Format(column.Type, value ?? RandomValues.Next(column.Type, random)));
    }

    private static int[] Matches(Predicate predicate, TableSchema schema, object?[][] rows) =>
        [.. Enumerable.Range(0, rows.Length).Where(row => Evaluate(predicate, schema, rows[row]) == true)];

    // SQL's three-valued logic, a row at a time; null is unknown.
    private static bool? Evaluate(Predicate predicate, TableSchema schema, object?[] row)
    {
        switch (predicate)
        {
            case NotPredicate not:
                return !Evaluate(not.Part, schema, row);
            case AndPredicate and:
                return and.Parts.Select(part => Evaluate(part, schema, row)).Aggregate((bool?)true, (left, right) => left & right);
            case OrPredicate or:
                return or.Parts.Select(part => Evaluate(part, schema, row)).Aggregate((bool?)false, (left, right) => left | right);
            case NullPredicate isNull:
                return row[schema.IndexOf(isNull.Column)] is null != isNull.Negated;
        }

        var compare = (ComparePredicate)predicate;
        var index = schema.IndexOf(compare.Column);
        if (row[index] is not { } value)
            return null;
        var order = Compare(value, ValueText.Parse(schema.Columns[index].Type, compare.Value));
        return compare.Operator switch
        {
            CompareOperator.Equal => order == 0,
            CompareOperator.NotEqual => order != 0,
            CompareOperator.Less => order < 0,
            CompareOperator.LessOrEqual => order <= 0,
            CompareOperator.Greater => order > 0,
            _ => order >= 0,
        };
    }

    private static int Compare(object left, object right) => (left, right) switch
    {
        (string l, string r) => System.Text.Encoding.UTF8.GetBytes(l).AsSpan().SequenceCompareTo(System.Text.Encoding.UTF8.GetBytes(r)),
        (byte[] l, byte[] r) => l.AsSpan().SequenceCompareTo(r),
        (Guid l, Guid r) => l.ToByteArray(bigEndian: true).AsSpan().SequenceCompareTo(r.ToByteArray(bigEndian: true)),
        (float l, float r) => CompareFloats(l, r),
        (double l, double r) => CompareFloats(l, r),
        _ => System.Collections.Comparer.Default.Compare(left, right),
    };

    // .NET sorts NaN first; here it is last.
    private static int CompareFloats(double left, double right) =>
        double.IsNaN(left) || double.IsNaN(right) ? double.IsNaN(left).CompareTo(double.IsNaN(right)) : left.CompareTo(right);
}
