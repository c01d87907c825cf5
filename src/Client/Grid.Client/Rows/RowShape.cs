using System.Linq.Expressions;
using System.Reflection;
using System.Text.Json;
using Grid.Abstractions;

namespace Grid.Client.Rows;

/// <summary>A property of a row type that is a column.</summary>
internal sealed record RowMember
{
    public required PropertyInfo? Property { get; init; }

    public FieldInfo? Field { get; init; }

    public required string Name { get; init; }

    public required Type Type { get; init; }

    public required bool Nullable { get; init; }

    /// <summary>The position of its constructor parameter, or -1 where it is set after construction.</summary>
    public required int Parameter { get; init; }

    public string? TypeText { get; init; }

    public int? KeyOrder { get; init; }

    public int? BucketKeyOrder { get; init; }

    public int? PartitionOrder { get; init; }

    public Expression Read(Expression row) => Property is not null ? Expression.Property(row, Property) : Expression.Field(row, Field!);
}

/// <summary>What a row type looks like: which of its members are columns and how it is constructed. The only place that reflects.</summary>
internal sealed class RowShape
{
    private readonly Type _type;
    private readonly ConstructorInfo? _constructor;

    private RowShape(Type type, ConstructorInfo? constructor, RowMember[] members)
    {
        _type = type;
        _constructor = constructor;
        Members = members;
    }

    public RowMember[] Members { get; }

    /// <summary>The columns of a class, record or struct.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidSchema"/>: no usable constructor, or no properties.</exception>
    public static RowShape Of(Type type)
    {
        var properties = type.GetProperties(BindingFlags.Instance | BindingFlags.Public).Where(p => p.CanRead && p.GetIndexParameters().Length == 0).ToArray();
        var constructor = ChooseConstructor(type, properties);
        var parameters = constructor?.GetParameters() ?? [];
        var nullability = new NullabilityInfoContext();
        var members = new List<RowMember>();
        foreach (var property in properties.OrderBy(p => p.MetadataToken))
        {
            var parameter = System.Array.FindIndex(parameters, p => Matches(p, property));
            var settable = property.SetMethod is { IsPublic: true };
            if ((parameter < 0 && !settable) || Attribute<NotAColumnAttribute>(property, parameters, parameter) is not null)
                continue;
            var column = Attribute<ColumnAttribute>(property, parameters, parameter);
            members.Add(new RowMember
            {
                Property = property,
                Name = column?.Name ?? JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name),
                Type = property.PropertyType,
                Nullable = IsNullable(property.PropertyType, nullability.Create(property)),
                Parameter = parameter,
                TypeText = column?.Type,
                KeyOrder = Attribute<KeyAttribute>(property, parameters, parameter)?.Order,
                BucketKeyOrder = Attribute<BucketKeyAttribute>(property, parameters, parameter)?.Order,
                PartitionOrder = Attribute<PartitionByAttribute>(property, parameters, parameter)?.Order,
            });
        }

        if (members.Count == 0)
            throw new GridException(GridErrorCode.InvalidSchema, $"{type.Name} has no public properties that can be columns; give it constructor parameters or settable properties.");
        members = [.. members.OrderBy(m => m.Parameter < 0 ? int.MaxValue : m.Parameter)];
        return new RowShape(type, constructor, [.. members]);
    }

    /// <summary>The items of a value tuple, named as the columns they stand for.</summary>
    public static RowShape OfTuple(Type type, IReadOnlyList<string> names)
    {
        var members = new RowMember[names.Count];
        for (var i = 0; i < members.Length; i++)
        {
            var field = type.GetField($"Item{i + 1}")!;
            members[i] = new RowMember { Property = null, Field = field, Name = names[i], Type = field.FieldType, Nullable = false, Parameter = i };
        }

        return new RowShape(type, type.GetConstructor([.. members.Select(m => m.Type)]), members);
    }

    /// <summary>A map's entry.</summary>
    public static RowShape OfPair(Type type)
    {
        RowMember[] members = [.. new[] { DataType.KeyName, DataType.ValueName }.Select((name, i) =>
        {
            var property = type.GetProperty(i == 0 ? "Key" : "Value")!;
            return new RowMember { Property = property, Name = name, Type = property.PropertyType, Nullable = i == 1, Parameter = i };
        })];
        return new RowShape(type, type.GetConstructor([members[0].Type, members[1].Type]), members);
    }

    /// <summary>The same type with only the members of these column names, in their order; names without a member are left out.</summary>
    public RowShape InOrderOf(IReadOnlyList<string> names) =>
        new(_type, _constructor, [.. names.Select(n => System.Array.Find(Members, m => m.Name == n)).Where(m => m is not null).Select(m => m!)]);

    /// <summary>An expression that makes an instance; members without a value get their default.</summary>
    public Expression Construct(IReadOnlyList<Expression?> values)
    {
        var parameters = _constructor?.GetParameters() ?? [];
        var arguments = new Expression[parameters.Length];
        for (var i = 0; i < parameters.Length; i++)
            arguments[i] = Expression.Default(parameters[i].ParameterType);
        var bindings = new List<MemberBinding>();
        for (var i = 0; i < Members.Length; i++)
        {
            if (values[i] is not { } value)
                continue;
            if (Members[i].Parameter >= 0)
                arguments[Members[i].Parameter] = value;
            else
                bindings.Add(Expression.Bind(Members[i].Property!, value));
        }

        var made = _constructor is null ? Expression.New(_type) : Expression.New(_constructor, arguments);
        return bindings.Count == 0 ? made : Expression.MemberInit(made, bindings);
    }

    private static bool IsNullable(Type type, NullabilityInfo info) =>
        type.IsValueType ? System.Nullable.GetUnderlyingType(type) is not null : info.ReadState != NullabilityState.NotNull;

    /// <summary>The public constructor with the most parameters, all of which are properties.</summary>
    private static ConstructorInfo? ChooseConstructor(Type type, PropertyInfo[] properties)
    {
        var constructor = type.GetConstructors()
            .Where(c => c.GetParameters().All(p => System.Array.Exists(properties, property => Matches(p, property))))
            .MaxBy(c => c.GetParameters().Length);
        if (constructor is null && !type.IsValueType)
            throw new GridException(GridErrorCode.InvalidSchema, $"{type.Name} has no public constructor whose parameters are all properties; add one, or one without parameters.");
        return constructor;
    }

    private static bool Matches(ParameterInfo parameter, PropertyInfo property) =>
        parameter.ParameterType == property.PropertyType && string.Equals(parameter.Name, property.Name, StringComparison.OrdinalIgnoreCase);

    private static TAttribute? Attribute<TAttribute>(PropertyInfo property, ParameterInfo[] parameters, int parameter)
        where TAttribute : Attribute =>
        property.GetCustomAttribute<TAttribute>() ?? (parameter >= 0 ? parameters[parameter].GetCustomAttribute<TAttribute>() : null);
}
