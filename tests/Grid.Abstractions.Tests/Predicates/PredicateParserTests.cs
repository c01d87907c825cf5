using Grid.Abstractions;
using Grid.Testing.Fuzzing;

namespace Grid.Abstractions.Tests.Predicates;

public sealed class PredicateParserTests
{
    private static readonly TableSchema Schema = SchemaEvolution.Create(new CreateTable
    {
        Path = new TablePath("test", "t"),
        Columns =
        [
            new Column("delay", DataType.Int32),
            new Column("origin", DataType.String),
            new Column("day", DataType.Date),
            new Column("amount", DataType.Decimal(10, 2)),
            new Column("ok", DataType.Boolean),
            new Column("Total \"net\"", DataType.Float64),
            new Column("tags", DataType.List(DataType.String)),
            new Column("at", DataType.TimestampUtc),
        ],
    });

    [Theory]
    [InlineData("delay > 5", "delay > 5")]
    [InlineData("delay>=-5", "delay >= -5")]
    [InlineData("DELAY = 1", null)]
    [InlineData("delay <> 5", "delay != 5")]
    [InlineData("delay = 5 and origin = 'SFO' or not (day is null)", "((delay = 5 and origin = SFO) or not day is null)")]
    [InlineData("delay = 1 or delay = 2 and delay = 3", "(delay = 1 or (delay = 2 and delay = 3))")]
    [InlineData("(delay = 1 or delay = 2) and delay = 3", "((delay = 1 or delay = 2) and delay = 3)")]
    [InlineData("NOT delay IS NOT NULL AND delay = 1", "(not delay is not null and delay = 1)")]
    [InlineData("origin in ('SFO', 'it''s')", "(origin = SFO or origin = it's)")]
    [InlineData("delay not in (1)", "not delay = 1")]
    [InlineData("delay between 1 and 5 and ok = true", "((delay >= 1 and delay <= 5) and ok = true)")]
    [InlineData("delay not between 1 and 5", "not (delay >= 1 and delay <= 5)")]
    [InlineData("day = date '2001-01-31'", "day = 2001-01-31")]
    [InlineData("day < '2001-01-31'", "day < 2001-01-31")]
    [InlineData("at >= timestamp '2001-01-31T00:00:00+01:00'", "at >= 2001-01-30T23:00:00Z")]
    [InlineData("amount = 5", "amount = 5.00")]
    [InlineData("amount = .5", "amount = 0.50")]
    [InlineData("\"Total \"\"net\"\"\" < 1e-3", "Total \"net\" < 0.001")]
    [InlineData("\"Total \"\"net\"\"\" = 'NaN'", "Total \"net\" = NaN")]
    [InlineData("tags is not null", "tags is not null")]
    public void A_text_means_this(string text, string? meaning)
    {
        if (meaning is null)
            Assert.Equal(GridErrorCode.UnknownColumn, Assert.Throws<GridException>(() => PredicateEvaluator.Parse(text, Schema)).Code);
        else
            Assert.Equal(meaning, Show(PredicateEvaluator.Parse(text, Schema)));
    }

    [Theory]
    [InlineData("", "a column")]
    [InlineData("delay", "an operator")]
    [InlineData("delay >", "a value")]
    [InlineData("delay > 5 delay", "'and', 'or' or the end")]
    [InlineData("delay = null", "is null")]
    [InlineData("delay = 5.5", "whole number")]
    [InlineData("delay = 99999999999", "whole number")]
    [InlineData("delay ! 5", "'!='")]
    [InlineData("(delay = 5", "')'")]
    [InlineData("delay in ()", "a value")]
    [InlineData("delay in (1", "','")]
    [InlineData("delay between 1", "'and'")]
    [InlineData("delay not 5", "'in' or 'between'")]
    [InlineData("delay is 5", "'null'")]
    [InlineData("origin = 5", "single quotes")]
    [InlineData("origin = 'SFO", "closing '")]
    [InlineData("\"origin = 'SFO'", "closing \"")]
    [InlineData("day = '2001-02-30'", "a day such as")]
    [InlineData("day = date 5", "text in single quotes")]
    [InlineData("amount = 1.234", "decimal(10,2)")]
    [InlineData("tags = 'x'", "cannot be compared")]
    [InlineData("delay = 5 ; drop", "character 11")]
    public void A_wrong_text_is_refused_with_the_place_and_what_was_expected(string text, string expected)
    {
        var refusal = Assert.Throws<GridException>(() => PredicateEvaluator.Parse(text, Schema));
        Assert.Equal(GridErrorCode.InvalidArgument, refusal.Code);
        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Long_and_deep_texts_are_refused()
    {
        string[] texts =
        [
            new string('(', 60_000),
            string.Concat(Enumerable.Repeat("not ", 15_000)),
            new string(' ', 100_000),
            string.Join(" or ", Enumerable.Repeat("ok=true", 5000)),
            string.Concat(Enumerable.Repeat("not ", 40)) + "ok = true",
        ];
        foreach (var text in texts)
            Assert.Equal(GridErrorCode.InvalidArgument, Assert.Throws<GridException>(() => PredicateEvaluator.Parse(text, Schema)).Code);
    }

    [Fact]
    [Trait("Category", "Fuzz")]
    public void Mutated_texts_parse_or_are_refused()
    {
        string[] seeds =
        [
            "delay = 5 and origin = 'SFO' or not (day is null)", "\"Total \"\"net\"\"\" < 1e-3", "delay not between -1 and +5 and origin not in ('a', 'b')",
            "at >= timestamp '2001-01-31T00:00:00+01:00' or amount <> 12.50 and ok = true",
        ];
        Fuzzer.Run(50_000, [GridErrorCode.InvalidArgument, GridErrorCode.UnknownColumn], (input, random) =>
            PredicateEvaluator.Parse(Mutation.Of(seeds[input % seeds.Length], random, " ()'\"<>=!,.+-0159eEandortispx\ud800\0"), Schema));
    }

    private static string Show(Predicate predicate) => predicate switch
    {
        ComparePredicate p => $"{Name(p.Column)} {p.Operator switch { CompareOperator.Equal => "=", CompareOperator.NotEqual => "!=", CompareOperator.Less => "<", CompareOperator.LessOrEqual => "<=", CompareOperator.Greater => ">", _ => ">=" }} {p.Value}",
        NullPredicate p => $"{Name(p.Column)} is {(p.Negated ? "not " : "")}null",
        NotPredicate p => $"not {Show(p.Part)}",
        AndPredicate p => $"({string.Join(" and ", p.Parts.Select(Show))})",
        OrPredicate p => $"({string.Join(" or ", p.Parts.Select(Show))})",
        _ => throw new ArgumentOutOfRangeException(nameof(predicate)),
    };

    private static string Name(ColumnId id) => Schema.GetColumn(id).Name;
}
