using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Storage.Lake;
using Grid.Storage.Lake.Avro;
using Grid.Storage.Lake.Iceberg;
using ParquetSharp;
using ParquetSharp.Arrow;
using Column = Grid.Abstractions.Column;

namespace Grid.Storage.Tests.Foreign;

/// <summary>An Iceberg table in plain files: our metadata around Parquet files written with the least that a reader needs.</summary>
internal sealed class LakeTableOnDisk : IDisposable
{
    /// <summary>The columns of a position delete file, whose ids the spec reserves.</summary>
    private static readonly TableSchema Deletes = new()
    {
        Version = new SchemaVersion(1),
        Columns =
        [
            new Column("file_path", DataType.String, nullable: false) { Id = new ColumnId(2_147_483_546) },
            new Column("pos", DataType.Int64, nullable: false) { Id = new ColumnId(2_147_483_545) },
        ],
    };

    private readonly DirectoryInfo _parent = Directory.CreateTempSubdirectory("grid-lake-");
    private TableMetadata _metadata;
    private ImmutableArray<ManifestFile> _manifests = [];
    private int _version;
    private int _files;

    public LakeTableOnDisk(TableSchema schema, int buckets)
    {
        Folder = _parent.CreateSubdirectory("t").FullName;
        Schema = LakeColumns.Extend(schema);
        _metadata = TableMetadata.Create(Guid.NewGuid(), Location, Schema, LakePartitionSpec.Create(Schema, buckets, []), ImmutableSortedDictionary<string, string>.Empty, nowMs: 1_000_000);
        Publish(_metadata);
    }

    public string Folder { get; }

    /// <summary>What the metadata calls the folder.</summary>
    public string Location => "file://" + Folder;

    public TableSchema Schema { get; private set; }

    public TableMetadata Metadata => _metadata;

    /// <summary>Writes rows of one bucket.</summary>
    public LakeFile WriteData(int bucket, RecordBatch rows)
    {
        var file = Write(Schema, rows, bucket);
        var (nulls, lower, upper) = (file.NullCounts.ToBuilder(), file.LowerBounds.ToBuilder(), file.UpperBounds.ToBuilder());
        for (var i = 0; i < Schema.Columns.Length; i++)
        {
            var column = Schema.Columns[i];
            if (column.Type.IsNested)
                continue;
            nulls[column.Id.Value] = rows.Column(i).NullCount;
            var values = Enumerable.Range(0, rows.Length).Select(row => Grid.Testing.Rows.ArrowRows.Read(column.Type, rows.Column(i).Data, row)).Where(value => value is IComparable).ToArray();
            if (values.Length == 0)
                continue;
            var order = Comparer<object?>.Create((left, right) => left is string text ? string.CompareOrdinal(text, (string)right!) : ((IComparable)left!).CompareTo(right));
            if (Bounds.Lower(column.Type, SingleValue.Encode(column.Type, values.Min(order)!)) is { } low)
                lower[column.Id.Value] = ImmutableCollectionsMarshal.AsImmutableArray(low);
            if (Bounds.Upper(column.Type, SingleValue.Encode(column.Type, values.Max(order)!)) is { } high)
                upper[column.Id.Value] = ImmutableCollectionsMarshal.AsImmutableArray(high);
        }

        return file with
        {
            ValueCounts = nulls.Keys.ToImmutableSortedDictionary(id => id, _ => (long)rows.Length),
            NullCounts = nulls.ToImmutable(),
            LowerBounds = lower.ToImmutable(),
            UpperBounds = upper.ToImmutable(),
        };
    }

    /// <summary>Writes the positions of rows of a data file that are gone.</summary>
    public LakeFile WriteDeletes(LakeFile data, params long[] positions)
    {
        var rows = Grid.Testing.Rows.ArrowRows.Build(Deletes, [.. positions.Select(position => new object?[] { data.Location, position })]);
        return Write(Deletes, rows, (int)data.Partition[0]!) with { Content = LakeFileContent.PositionDeletes, ReferencedDataFile = data.Location };
    }

    /// <summary>Adds files in a new snapshot.</summary>
    public void Commit(string operation, params LakeFile[] added)
    {
        var snapshot = new SnapshotId(1000 + _version);
        foreach (var content in Enum.GetValues<ManifestContent>())
        {
            var files = added.Where(file => file.Content == LakeFileContent.Data == (content == ManifestContent.Data)).ToArray();
            if (files.Length == 0)
                continue;
            var writer = new ManifestWriter(Schema, _metadata.DefaultSpec, content, snapshot, AvroFraming.New());
            foreach (var file in files)
                writer.Add(ManifestEntry.Added(file));
            var name = LakeNames.Manifest(Guid.NewGuid(), (int)content);
            var (bytes, manifest) = writer.Finish($"{Location}/{name}");
            Save(name, bytes);
            _manifests = _manifests.Add(manifest);
        }

        var sequence = _metadata.LastSequence.Next;
        _manifests = [.. _manifests.Select(manifest => manifest.Numbered(sequence))];
        var list = LakeNames.ManifestList(snapshot, 1, Guid.NewGuid());
        Save(list, ManifestListWriter.Write(snapshot, _metadata.CurrentSnapshotId, sequence, _manifests, AvroFraming.New()));
        var summary = ImmutableSortedDictionary<string, string>.Empty.Add("added-records", added.Sum(file => file.Rows).ToString(CultureInfo.InvariantCulture));
        Publish(_metadata.AddSnapshot(snapshot, $"{Location}/{list}", operation, summary, nowMs: 1_000_000 + (_version * 1000)));
    }

    public void SetSchema(TableSchema schema)
    {
        Schema = LakeColumns.Extend(schema);
        Publish(_metadata.SetSchema(Schema, nowMs: 1_000_000 + (_version * 1000)));
    }

    public void Dispose() => _parent.Delete(recursive: true);

    private void Publish(TableMetadata metadata)
    {
        _metadata = _version == 0 ? metadata : metadata.Following(_metadata, $"{Location}/{LakeNames.Metadata(_version)}");
        _version++;
        Save(LakeNames.Metadata(_version), TableMetadataWriter.Write(_metadata));
        Save(LakeNames.VersionHint, System.Text.Encoding.ASCII.GetBytes(_version.ToString(CultureInfo.InvariantCulture)));
    }

    private void Save(string name, byte[] bytes)
    {
        var path = Path.Combine(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
    }

    private LakeFile Write(TableSchema schema, RecordBatch rows, int bucket)
    {
        var name = $"data/{++_files}.parquet";
        var path = Path.Combine(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var fields = schema.Columns.Select((column, i) => WithIds(ArrowSchemas.ToArrow(schema).FieldsList[i], column));
        using (var properties = new WriterPropertiesBuilder().Compression(Compression.Snappy).Build())
        using (var writer = new FileWriter(path, new Apache.Arrow.Schema(fields, null), properties))
        {
            writer.WriteRecordBatch(new RecordBatch(new Apache.Arrow.Schema(fields, null), rows.Arrays, rows.Length));
            writer.Close();
        }

        return new LakeFile { Location = $"{Location}/{name}", Partition = [bucket], Rows = rows.Length, Bytes = new FileInfo(path).Length };
    }

    /// <summary>The field with its column's id where Parquet has field ids, nested ones too.</summary>
    private static Field WithIds(Field field, Column column)
    {
        Apache.Arrow.Types.IArrowType type = field.DataType switch
        {
            Apache.Arrow.Types.ListType list => new Apache.Arrow.Types.ListType(WithIds(list.ValueField, column.Type.Children[0])),
            Apache.Arrow.Types.MapType map => new Apache.Arrow.Types.MapType(WithIds(map.KeyField, column.Type.Children[0]), WithIds(map.ValueField, column.Type.Children[1])),
            Apache.Arrow.Types.StructType group => new Apache.Arrow.Types.StructType([.. group.Fields.Select((child, i) => WithIds(child, column.Type.Children[i]))]),
            var scalar => scalar,
        };
        return new Field(field.Name, type, field.IsNullable, [new("PARQUET:field_id", column.Id.Value.ToString(CultureInfo.InvariantCulture))]);
    }
}
