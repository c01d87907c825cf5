using System.Collections.Immutable;
using System.Text.Json;
using Grid.Abstractions;

namespace Grid.Sql.Statements;

/// <summary>
/// Finds in where clauses what can be asked of a table's rows alone: comparisons of its columns with values, joined by and, or. DuckDB evaluates the whole clause on what comes, so what is found only spares rows; it must
/// never be stricter than the clause. Whatever is not certain to mean the same in both is left out.
/// </summary>
/// <param name="schemas">The schema of each reference's table; null: not a table with a schema of its own.</param>
/// <param name="parameters">The statement's parameters by name.</param>
internal sealed class FilterExtraction(Func<TableReference, TableSchema?> schemas, IReadOnlyDictionary<string, object?> parameters)
{
    private const int PartsMax = 256;

    /// <summary>What all places that name the table have in common; null: nothing.</summary>
    public Predicate? Of(IReadOnlyList<TableReference> references)
    {
        var parts = ImmutableArray.CreateBuilder<Predicate>();
        foreach (var reference in references)
        {
            if (!reference.IsFilterable || reference.Select.Where is not { } where || Conjunction(where, reference) is not { } part)
                return null;
            if (!parts.Contains(part))
                parts.Add(part);
        }

        return parts.Count switch
        {
            0 => null,
            1 => parts[0],
            _ => new OrPredicate(parts.ToImmutable()),
        };
    }

    /// <summary>Of an "and" those parts that can be asked; of anything else all or nothing.</summary>
    private Predicate? Conjunction(JsonElement expression, TableReference reference)
    {
        if (Type(expression) != "CONJUNCTION_AND")
            return Whole(expression, reference);
        Predicate[] parts = [.. expression.GetProperty("children").EnumerateArray().Take(PartsMax).Select(child => Conjunction(child, reference)).OfType<Predicate>()];
        return parts.Length switch
        {
            0 => null,
            1 => parts[0],
            _ => new AndPredicate([.. parts]),
        };
    }

    private Predicate? Whole(JsonElement expression, TableReference reference)
    {
        switch (Type(expression))
        {
            case "CONJUNCTION_AND":
                return Join(expression.GetProperty("children"), reference, parts => new AndPredicate(parts));
            case "CONJUNCTION_OR":
                return Join(expression.GetProperty("children"), reference, parts => new OrPredicate(parts));
            case "OPERATOR_IS_NULL" or "OPERATOR_IS_NOT_NULL":
                return ColumnOf(expression.GetProperty("children")[0], reference) is { } column ? new NullPredicate(column.Id, Type(expression) == "OPERATOR_IS_NOT_NULL") : null;
            case "COMPARE_BETWEEN":
                var lower = Compare(CompareOperator.GreaterOrEqual, expression.GetProperty("input"), expression.GetProperty("lower"), reference);
                var upper = Compare(CompareOperator.LessOrEqual, expression.GetProperty("input"), expression.GetProperty("upper"), reference);
                return lower is null || upper is null ? null : new AndPredicate([lower, upper]);
            case "COMPARE_IN":
                return In(expression.GetProperty("children"), reference);
            case { } type when OperatorOf(type) is { } compare:
                var (left, right) = (expression.GetProperty("left"), expression.GetProperty("right"));
                return Compare(compare, left, right, reference) ?? Compare(Turn(compare), right, left, reference);
            default:
                return null;
        }
    }

    private Predicate? Join(JsonElement children, TableReference reference, Func<ImmutableArray<Predicate>, Predicate> join)
    {
        if (children.GetArrayLength() > PartsMax)
            return null;
        Predicate?[] parts = [.. children.EnumerateArray().Select(child => Whole(child, reference))];
        return parts.Contains(null) ? null : join([.. parts!]);
    }

    private Predicate? In(JsonElement children, TableReference reference)
    {
        var count = children.GetArrayLength();
        if (count is < 2 or > PartsMax)
            return null;
        Predicate?[] parts = [.. children.EnumerateArray().Skip(1).Select(value => Compare(CompareOperator.Equal, children[0], value, reference))];
        return parts.Contains(null) ? null : parts.Length == 1 ? parts[0] : new OrPredicate([.. parts!]);
    }

    private ComparePredicate? Compare(CompareOperator compare, JsonElement left, JsonElement right, TableReference reference) =>
        ColumnOf(left, reference) is { } column && FilterValue.Of(right, column.Type, parameters) is { } value ? new ComparePredicate(column.Id, compare, value) : null;

    /// <summary>The reference's column that an expression is; null: it is none, or might be another's.</summary>
    private Column? ColumnOf(JsonElement expression, TableReference reference)
    {
        if (Type(expression) != "COLUMN_REF")
            return null;
        string[] names = [.. expression.GetProperty("column_names").EnumerateArray().Select(name => name.GetString()!)];
        if (names is [var qualifier, var qualified] && string.Equals(qualifier, reference.Alias, StringComparison.OrdinalIgnoreCase))
            return Find(reference, qualified);
        if (names is not [var bare] || Find(reference, bare) is not { } column)
            return null;
        // Bare names are safe where everything else in the from clause is known not to have them.
        var select = reference.Select;
        return select.Relations == 1 || (select.Relations == select.Tables.Count && select.Tables.All(other => other == reference || (schemas(other) is { } known && Find(known, bare) is null)))
            ? column : null;
    }

    private Column? Find(TableReference reference, string name) => schemas(reference) is { } schema ? Find(schema, name) : null;

    private static Column? Find(TableSchema schema, string name)
    {
        Column[] found = [.. schema.Columns.Where(column => string.Equals(column.Name, name, StringComparison.OrdinalIgnoreCase))];
        return found is [var one] && !one.Type.IsNested ? one : null;
    }

    private static string? Type(JsonElement expression) => expression.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String ? type.GetString() : null;

    private static CompareOperator? OperatorOf(string type) => type switch
    {
        "COMPARE_EQUAL" => CompareOperator.Equal,
        "COMPARE_NOTEQUAL" => CompareOperator.NotEqual,
        "COMPARE_LESSTHAN" => CompareOperator.Less,
        "COMPARE_LESSTHANOREQUALTO" => CompareOperator.LessOrEqual,
        "COMPARE_GREATERTHAN" => CompareOperator.Greater,
        "COMPARE_GREATERTHANOREQUALTO" => CompareOperator.GreaterOrEqual,
        _ => null,
    };

    private static CompareOperator Turn(CompareOperator compare) => compare switch
    {
        CompareOperator.Less => CompareOperator.Greater,
        CompareOperator.LessOrEqual => CompareOperator.GreaterOrEqual,
        CompareOperator.Greater => CompareOperator.Less,
        CompareOperator.GreaterOrEqual => CompareOperator.LessOrEqual,
        _ => compare,
    };
}
