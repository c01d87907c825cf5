using System.Collections.Immutable;

namespace Grid.Abstractions;

/// <summary>
/// Reads predicates by recursive descent: <c>or</c> of <c>and</c> of <c>not</c> of conditions and parentheses. Values become the column's type here, so that
/// the predicate carries their one canonical text.
/// </summary>
internal ref struct PredicateParser
{
    // Or, and, not each add a level to a predicate per parenthesis, which is checked; this only bounds the stack.
    private const int NestingMax = 2 * Predicate.DepthMax;

    private readonly TableSchema _schema;
    private PredicateLexer _lexer;

    private PredicateParser(string text, TableSchema schema)
    {
        _schema = schema;
        _lexer = new PredicateLexer(text);
    }

    public static Predicate Parse(string text, TableSchema schema)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(schema);
        if (text.Length > PredicateLexer.TextLengthMax)
            throw new GridException(GridErrorCode.InvalidArgument,
                $"The predicate has {text.Length} characters; it may have {PredicateLexer.TextLengthMax}.");
        var parser = new PredicateParser(text, schema);
        var predicate = parser.ReadOr(0);
        if (parser._lexer.Kind != TokenKind.End)
            throw parser._lexer.Expected("'and', 'or' or the end");
        return predicate;
    }

    private Predicate ReadOr(int nesting)
    {
        var parts = ImmutableArray.CreateBuilder<Predicate>();
        do
            parts.Add(ReadAnd(nesting));
        while (_lexer.TryTakeWord("or"));
        return parts.Count == 1 ? parts[0] : new OrPredicate(parts.ToImmutable());
    }

    private Predicate ReadAnd(int nesting)
    {
        var parts = ImmutableArray.CreateBuilder<Predicate>();
        do
            parts.Add(ReadNot(nesting));
        while (_lexer.TryTakeWord("and"));
        return parts.Count == 1 ? parts[0] : new AndPredicate(parts.ToImmutable());
    }

    private Predicate ReadNot(int nesting)
    {
        if (nesting == NestingMax)
            throw _lexer.Expected($"at most {NestingMax} nested 'not' and parentheses");
        if (_lexer.TryTakeWord("not"))
            return new NotPredicate(ReadNot(nesting + 1));
        if (!_lexer.TryTake(TokenKind.Open))
            return ReadCondition();
        var inner = ReadOr(nesting + 1);
        _lexer.Take(TokenKind.Close, "')'");
        return inner;
    }

    private Predicate ReadCondition()
    {
        if (_lexer.Kind is not (TokenKind.Word or TokenKind.Quoted))
            throw _lexer.Expected("a column");
        var column = _schema.GetColumn(_lexer.Take());
        if (_lexer.TryTakeWord("is"))
        {
            var negated = _lexer.TryTakeWord("not");
            _lexer.TakeWord("null");
            return new NullPredicate(column.Id, negated);
        }

        if (_lexer.Kind == TokenKind.Operator)
        {
            var compare = OperatorOf(_lexer.Take());
            return new ComparePredicate(column.Id, compare, ReadValue(column));
        }

        var isNot = _lexer.TryTakeWord("not");
        Predicate predicate;
        if (_lexer.TryTakeWord("in"))
            predicate = ReadIn(column);
        else if (_lexer.TryTakeWord("between"))
            predicate = ReadBetween(column);
        else
            throw _lexer.Expected(isNot ? "'in' or 'between'" : "an operator (= != <> < <= > >=), 'is', 'in' or 'between'");
        return isNot ? new NotPredicate(predicate) : predicate;
    }

    private Predicate ReadIn(Column column)
    {
        var parts = ImmutableArray.CreateBuilder<Predicate>();
        _lexer.Take(TokenKind.Open, "'('");
        do
            parts.Add(new ComparePredicate(column.Id, CompareOperator.Equal, ReadValue(column)));
        while (_lexer.TryTake(TokenKind.Comma));
        _lexer.Take(TokenKind.Close, "',' or ')'");
        return parts.Count == 1 ? parts[0] : new OrPredicate(parts.ToImmutable());
    }

    private AndPredicate ReadBetween(Column column)
    {
        var lower = new ComparePredicate(column.Id, CompareOperator.GreaterOrEqual, ReadValue(column));
        _lexer.TakeWord("and");
        return new AndPredicate([lower, new ComparePredicate(column.Id, CompareOperator.LessOrEqual, ReadValue(column))]);
    }

    private string ReadValue(Column column)
    {
        if (column.Type.IsNested)
            throw new GridException(GridErrorCode.InvalidArgument,
                $"Column '{column.Name}' of type {column.Type} cannot be compared; only scalar columns can, others only be null or not.");
        var isText = _lexer.Kind == TokenKind.Text;
        if (_lexer.IsWord("null"))
            throw _lexer.Expected("a value (for nulls, write 'is null' or 'is not null')");
        if (_lexer.TryTakeWord("date") || _lexer.TryTakeWord("timestamp"))
            isText = _lexer.Kind == TokenKind.Text ? true : throw _lexer.Expected("text in single quotes");
        else if (!isText && _lexer.Kind != TokenKind.Number && !_lexer.IsWord("true") && !_lexer.IsWord("false"))
            throw _lexer.Expected($"a value of {column.Type} (a number, or text in single quotes)");
        if (!isText && column.Type.Kind == TypeKind.String)
            throw _lexer.Expected($"text in single quotes, because column '{column.Name}' is a string");
        var at = _lexer.Position;
        try
        {
            return ValueText.Format(column.Type, ValueText.Parse(column.Type, _lexer.Take()));
        }
        catch (GridException refusal)
        {
            throw new GridException(refusal.Code, $"Column '{column.Name}', at character {at + 1} of the predicate: {refusal.Message}", refusal);
        }
    }

    private static CompareOperator OperatorOf(string text) => text switch
    {
        "=" => CompareOperator.Equal,
        "!=" or "<>" => CompareOperator.NotEqual,
        "<" => CompareOperator.Less,
        "<=" => CompareOperator.LessOrEqual,
        ">" => CompareOperator.Greater,
        _ => CompareOperator.GreaterOrEqual,
    };
}
