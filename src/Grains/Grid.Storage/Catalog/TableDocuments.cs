using System.Collections.Immutable;
using Grid.Abstractions;

namespace Grid.Storage.Catalog;

/// <summary>Turns tables into documents and back. Reading checks everything that later code relies on: what lies in a store is not trusted.</summary>
internal static class TableDocuments
{
    /// <summary>The format that this program writes and reads.</summary>
    public const int Format = 1;

    public static TableDocument ToDocument(TableInfo table, bool dropped) => new()
    {
        Format = Format,
        Id = table.Id.Value,
        Database = table.Path.Database,
        Table = table.Path.Table,
        CreatedMs = table.CreatedMs,
        Dropped = dropped,
        Options = ToDocument(table.Options, table.IsPartitioned),
        Schemas = [.. table.Schemas.Select(ToDocument)],
    };

    /// <exception cref="FormatException">Something is not as <see cref="ToDocument(TableInfo, bool)"/> writes it.</exception>
    /// <exception cref="GridException">A name, a type or an option is illegal.</exception>
    public static TableInfo FromDocument(TableDocument document)
    {
        Require(document.Id > 0 && document.CreatedMs >= 0 && document.Schemas.Length is > 0 and <= ushort.MaxValue, "the id, the time or the number of schemas is out of range");
        TablePath.RequireName(document.Database, "database");
        TablePath.RequireName(document.Table, "table");
        var schemas = ImmutableArray.CreateBuilder<TableSchema>(document.Schemas.Length);
        foreach (var schema in document.Schemas)
        {
            Require(schema.Version == schemas.Count + 1, $"schema version {schema.Version} stands where {schemas.Count + 1} should");
            schemas.Add(FromDocument(schema));
        }

        var partitionKey = schemas[0].PartitionKey;
        Require(schemas.All(schema => schema.PartitionKey.SequenceEqual(partitionKey)), "its schema versions have different partition columns");
        return new TableInfo
        {
            Path = new TablePath(document.Database, document.Table),
            Id = new TableId(document.Id),
            CreatedMs = document.CreatedMs,
            Options = FromDocument(document.Options),
            Schemas = schemas.MoveToImmutable(),
        };
    }

    private static OptionsDocument ToDocument(TableOptions options, bool isPartitioned) => new()
    {
        Buckets = options.Buckets,
        Compression = options.Compression,
        Flush = options.Flush,
        SegmentBytesMax = options.SegmentBytesMax,
        SegmentAgeMsMax = options.SegmentAgeMsMax,
        RetentionMs = options.RetentionMs,
        RetentionBytes = options.RetentionBytes,
        Merge = options.Merge,
        EmitUnchanged = options.EmitUnchanged,
        Replicas = options.Replicas,
        MinInSync = options.MinInSync,
        Lake = options.Lake,
        LakeFreshnessMs = options.LakeFreshnessMs,
        Partitions = isPartitioned ? ToDocument(options.Partitions) : null,
        Remote = options.Remote == RemoteMode.None ? null : options.Remote,
        RemoteRetentionMs = options.RemoteRetentionMs == 0 ? null : options.RemoteRetentionMs,
        RemoteRetentionBytes = options.RemoteRetentionBytes == 0 ? null : options.RemoteRetentionBytes,
    };

    private static PartitionOptionsDocument ToDocument(PartitionOptions options) => new()
    {
        CreateOnWrite = options.CreateOnWrite,
        Unit = options.Unit,
        Ahead = options.Ahead,
        Kept = options.Kept,
        CountMax = options.CountMax,
    };

    private static PartitionOptions FromDocument(PartitionOptionsDocument document) => new()
    {
        CreateOnWrite = document.CreateOnWrite,
        Unit = document.Unit,
        Ahead = document.Ahead,
        Kept = document.Kept,
        CountMax = document.CountMax,
    };

    private static TableOptions FromDocument(OptionsDocument document)
    {
        var options = new TableOptions
        {
            Buckets = document.Buckets,
            Compression = document.Compression,
            Flush = document.Flush,
            SegmentBytesMax = document.SegmentBytesMax,
            SegmentAgeMsMax = document.SegmentAgeMsMax,
            RetentionMs = document.RetentionMs,
            RetentionBytes = document.RetentionBytes,
            Merge = document.Merge,
            EmitUnchanged = document.EmitUnchanged,
            Replicas = document.Replicas,
            MinInSync = document.MinInSync,
            Lake = document.Lake,
            Remote = document.Remote ?? RemoteMode.None,
            RemoteRetentionMs = document.RemoteRetentionMs ?? 0,
            RemoteRetentionBytes = document.RemoteRetentionBytes ?? 0,
        };
        options = document.LakeFreshnessMs is { } freshnessMs ? options with { LakeFreshnessMs = freshnessMs } : options;
        options = document.Partitions is { } partitions ? options with { Partitions = FromDocument(partitions) } : options;
        TableOptionsRules.Require(options);
        return options;
    }

    private static SchemaDocument ToDocument(TableSchema schema) => new()
    {
        Version = schema.Version.Value,
        LastColumnId = schema.LastColumnId,
        Columns = [.. schema.Columns.Select(ToDocument)],
        PrimaryKey = ToDocument(schema.PrimaryKey),
        BucketKey = ToDocument(schema.BucketKey),
        PartitionKey = ToDocument(schema.PartitionKey),
    };

    private static TableSchema FromDocument(SchemaDocument document)
    {
        Require(document.Columns.Length is > 0 and <= TableSchema.ColumnsMax, $"a schema has {document.Columns.Length} columns");
        var ids = new HashSet<int>();
        var schema = new TableSchema
        {
            Version = new SchemaVersion((ushort)document.Version),
            LastColumnId = document.LastColumnId,
            Columns = FromDocument(document.Columns, document.LastColumnId, ids, DataType.DepthMax),
            PrimaryKey = FromDocument(document.PrimaryKey),
            BucketKey = FromDocument(document.BucketKey),
            PartitionKey = FromDocument(document.PartitionKey),
        };
        Require(schema.PartitionKey.Length <= PartitionValues.ColumnsMax, $"it has {schema.PartitionKey.Length} partition columns");
        foreach (var key in schema.PrimaryKey.Concat(schema.BucketKey).Concat(schema.PartitionKey))
            Require(schema.IndexOf(key) >= 0 && schema.GetColumn(key).Type.CanBeKey, $"key column {key} is missing or has a type that keys cannot have");
        return schema;
    }

    private static ColumnDocument ToDocument(Column column) => new()
    {
        Id = column.Id.Value,
        Name = column.Name,
        Type = column.Type.IsNested ? NestedName(column.Type.Kind) : column.Type.ToString(),
        Nullable = column.Nullable,
        Default = column.Default,
        Children = column.Type.IsNested ? [.. column.Type.Children.Select(ToDocument)] : null,
    };

    private static ImmutableArray<Column> FromDocument(ColumnDocument[] documents, int lastId, HashSet<int> ids, int depth)
    {
        Require(depth > 0, "types are nested too deeply");
        var columns = ImmutableArray.CreateBuilder<Column>(documents.Length);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var document in documents)
        {
            Require(document.Id > 0 && document.Id <= lastId && ids.Add(document.Id), $"column id {document.Id} is out of range or given twice");
            Require(names.Add(document.Name), $"two columns are called '{document.Name}'");
            columns.Add(new Column(document.Name, TypeOf(document, lastId, ids, depth), document.Nullable) { Id = new ColumnId(document.Id), Default = document.Default });
        }

        return columns.MoveToImmutable();
    }

    private static DataType TypeOf(ColumnDocument document, int lastId, HashSet<int> ids, int depth)
    {
        if (document.Children is null)
        {
            var type = DataType.Parse(document.Type);
            Require(!type.IsNested, $"column '{document.Name}' is nested and has no children");
            return type;
        }

        var kind = document.Type switch
        {
            "list" => TypeKind.List,
            "struct" => TypeKind.Struct,
            "map" => TypeKind.Map,
            _ => throw new FormatException($"column '{document.Name}' of type '{document.Type}' has children"),
        };
        var legal = kind switch { TypeKind.List => document.Children.Length == 1, TypeKind.Map => document.Children.Length == 2, _ => document.Children.Length > 0 };
        Require(legal, $"{document.Type} column '{document.Name}' has {document.Children.Length} children");
        return new DataType { Kind = kind, Children = FromDocument(document.Children, lastId, ids, depth - 1) };
    }

    private static int[]? ToDocument(ImmutableArray<ColumnId> ids) => ids.IsDefaultOrEmpty ? null : [.. ids.Select(id => id.Value)];

    private static ImmutableArray<ColumnId> FromDocument(int[]? ids) => ids is null ? [] : [.. ids.Select(id => new ColumnId(id))];

    private static string NestedName(TypeKind kind) => kind switch { TypeKind.List => "list", TypeKind.Map => "map", _ => "struct" };

    private static void Require(bool legal, string problem)
    {
        if (!legal)
            throw new FormatException(problem);
    }
}
