using Apache.Arrow;
using CsCheck;
using Grid.Abstractions;
using Grid.Testing.Rows;
using Column = Grid.Abstractions.Column;

namespace Grid.Testing;

/// <summary>CsCheck generators of schemas and batches. What they make depends on the seed alone, which CsCheck prints when a property fails.</summary>
public static class Generators
{
    private static readonly DataType[] Scalars =
    [
        DataType.Boolean, DataType.Int8, DataType.Int16, DataType.Int32, DataType.Int64, DataType.Float32, DataType.Float64, DataType.String, DataType.Binary,
        DataType.Date, DataType.Time, DataType.Timestamp, DataType.TimestampUtc, DataType.Uuid,
    ];

    /// <summary>A source of randomness for the other generators and for tests of their own.</summary>
    public static Gen<Random> Random { get; } = Gen.Int.Select(seed => new Random(seed));

    /// <summary>Any scalar type.</summary>
    public static Gen<DataType> Scalar { get; } = Random.Select(NextScalar);

    /// <summary>Any scalar type that can be a key.</summary>
    public static Gen<DataType> KeyType { get; } = Random.Select(NextKey);

    /// <summary>Any type; nested ones up to <paramref name="depth"/> deep.</summary>
    public static Gen<DataType> Type(int depth = 2) => Random.Select(random => NextType(random, depth));

    /// <summary>The first version of a table's schema.</summary>
    /// <param name="columnsMax">Most columns.</param>
    /// <param name="primaryKey">Whether the table has a primary key; null: either.</param>
    /// <param name="depth">How deep types nest; 0: scalars only.</param>
    public static Gen<TableSchema> Schema(int columnsMax = 8, bool? primaryKey = null, int depth = 2) =>
        Random.Select(random => NextSchema(random, columnsMax, primaryKey ?? random.Next(2) == 0, depth));

    /// <summary>
    /// A batch of the schema with values of every kind, nulls where they are allowed, and arrays as odd as Arrow allows: sliced, with garbage under
    /// nulls, with uncounted nulls.
    /// </summary>
    public static Gen<RecordBatch> Batch(TableSchema schema, int rows) => Random.Select(random => NextBatch(schema, rows, random));

    /// <summary>A schema and a batch of it.</summary>
    public static Gen<(TableSchema Schema, RecordBatch Batch)> SchemaAndBatch(int columnsMax = 8, int rowsMax = 40, bool? primaryKey = null, int depth = 2) =>
        Random.Select(random =>
        {
            var schema = NextSchema(random, columnsMax, primaryKey ?? random.Next(2) == 0, depth);
            return (schema, NextBatch(schema, random.Next(rowsMax + 1), random));
        });

    /// <summary>A scalar value of the type, never null.</summary>
    public static Gen<object> Value(DataType type) => Random.Select(random => RandomValues.Next(type, random));

    /// <summary>See <see cref="Batch"/>.</summary>
    public static RecordBatch NextBatch(TableSchema schema, int rows, Random random)
    {
        var arrow = ArrowSchemas.ToArrow(schema);
        var arrays = new List<IArrowArray>(schema.Columns.Length);
        for (var i = 0; i < schema.Columns.Length; i++)
        {
            var values = new object?[rows];
            for (var row = 0; row < rows; row++)
                values[row] = RandomValues.NextOrNull(schema.Columns[i], random);
            arrays.Add(ArrowArrayFactory.BuildArray(ArrowValues.Build(schema.Columns[i].Type, arrow.FieldsList[i].DataType, values, random)));
        }

        return new RecordBatch(arrow, arrays, rows);
    }

    /// <summary>See <see cref="Schema"/>.</summary>
    public static TableSchema NextSchema(Random random, int columnsMax, bool primaryKey, int depth)
    {
        var columns = new List<Column>();
        var keys = primaryKey ? random.Next(1, Math.Min(4, columnsMax + 1)) : 0;
        for (var i = 0; i < keys; i++)
            columns.Add(new Column($"k{i}", NextKey(random), nullable: false));
        for (var count = random.Next(Math.Max(1, keys), columnsMax + 1); columns.Count < count;)
        {
            var type = NextType(random, depth);
            var column = new Column($"c{columns.Count}", type, nullable: random.Next(4) != 0);
            columns.Add(type.IsNested || random.Next(4) != 0 ? column : column with { Default = ValueText.Format(type, RandomValues.Next(type, random)) });
        }

        string[] names = [.. columns.Take(keys).Select(c => c.Name)];
        return SchemaEvolution.Create(new CreateTable
        {
            Path = new TablePath("test", "table"),
            Columns = [.. columns],
            PrimaryKey = [.. names],
            BucketKey = [.. names.Take(random.Next(keys + 1))],
        });
    }

    /// <summary>See <see cref="Type"/>.</summary>
    public static DataType NextType(Random random, int depth)
    {
        if (depth == 0 || random.Next(4) != 0)
            return NextScalar(random);
        return random.Next(3) switch
        {
            0 => DataType.List(NextType(random, depth - 1), random.Next(2) == 0),
            1 => DataType.Map(NextScalar(random), NextType(random, depth - 1), random.Next(2) == 0),
            _ => DataType.Struct([.. Enumerable.Range(0, random.Next(1, 4)).Select(i => new Column($"f {i}", NextType(random, depth - 1), random.Next(2) == 0))]),
        };
    }

    private static DataType NextKey(Random random)
    {
        while (true)
        {
            var type = NextScalar(random);
            if (type.CanBeKey)
                return type;
        }
    }

    private static DataType NextScalar(Random random)
    {
        var choice = random.Next(Scalars.Length + 2);
        if (choice < Scalars.Length)
            return Scalars[choice];
        if (choice == Scalars.Length)
            return DataType.FixedBinary(random.Next(1, 20));
        var precision = random.Next(1, DataType.DecimalPrecisionMax + 1);
        return DataType.Decimal(precision, random.Next(precision + 1));
    }
}
