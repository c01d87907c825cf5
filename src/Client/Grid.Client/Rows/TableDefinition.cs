using Grid.Abstractions;
using Grid.Client.Rows;
using Grid.Client.Rows.Codecs;

namespace Grid.Client;

/// <summary>Table definitions from row types.</summary>
public static class TableDefinition
{
    /// <summary>
    /// The table that fits rows of type <typeparamref name="T"/>: a column for each constructor parameter or settable property, named in snake_case, with
    /// the nullability of its type; keys as <see cref="KeyAttribute"/> and <see cref="BucketKeyAttribute"/> say, partitions as <see cref="PartitionByAttribute"/> says.
    /// </summary>
    /// <typeparam name="T">The row type, usually a record.</typeparam>
    /// <param name="path"><c>database.table</c>.</param>
    /// <param name="options">Options; null: the defaults.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidSchema"/>: a property's type has no data type; <see cref="GridErrorCode.InvalidName"/>.</exception>
    public static CreateTable Of<T>(string path, TableOptions? options = null)
        where T : class
    {
        var members = RowShape.Of(typeof(T)).Members;
        return new CreateTable
        {
            Path = TablePath.Parse(path),
            Columns = [.. members.Select(m => ColumnOf(m, depth: 0))],
            PrimaryKey = [.. members.Where(m => m.KeyOrder is not null).OrderBy(m => m.KeyOrder).Select(m => m.Name)],
            BucketKey = [.. members.Where(m => m.BucketKeyOrder is not null).OrderBy(m => m.BucketKeyOrder).Select(m => m.Name)],
            PartitionBy = [.. members.Where(m => m.PartitionOrder is not null).OrderBy(m => m.PartitionOrder).Select(m => m.Name)],
            Options = options ?? new TableOptions(),
        };
    }

    internal static Column ColumnOf(RowMember member, int depth) =>
        new(member.Name, member.TypeText is { } text ? DataType.Parse(text) : CodecFactory.Infer(member.Type, member.Name, depth), member.Nullable);
}
