namespace Grid.Client;

/// <summary>Makes a property part of the primary key.</summary>
/// <param name="order">Its place among the key's columns, from 0.</param>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class KeyAttribute(int order = 0) : Attribute
{
    /// <summary>Its place among the key's columns, from 0.</summary>
    public int Order { get; } = order;
}

/// <summary>Makes a property part of the bucket key: in a primary-key table a prefix of the key.</summary>
/// <param name="order">Its place among the bucket key's columns, from 0.</param>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class BucketKeyAttribute(int order = 0) : Attribute
{
    /// <summary>Its place among the bucket key's columns, from 0.</summary>
    public int Order { get; } = order;
}

/// <summary>Partitions the table by a property: rows of different values lie in partitions of their own. In a primary-key table it must be part of the key.</summary>
/// <param name="order">Its place among the partition columns, from 0.</param>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class PartitionByAttribute(int order = 0) : Attribute
{
    /// <summary>Its place among the partition columns, from 0.</summary>
    public int Order { get; } = order;
}

/// <summary>Names a property's column, or gives it another type than the property's own.</summary>
/// <param name="name">The column's name; null: the property's name in snake_case.</param>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class ColumnAttribute(string? name = null) : Attribute
{
    /// <summary>The column's name; null: the property's name in snake_case.</summary>
    public string? Name { get; } = name;

    /// <summary>The data type as text, for example <c>decimal(10,2)</c> or <c>fixed(16)</c>; null: chosen by the property's type.</summary>
    public string? Type { get; init; }
}

/// <summary>Keeps a property out of the table.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class NotAColumnAttribute : Attribute;
