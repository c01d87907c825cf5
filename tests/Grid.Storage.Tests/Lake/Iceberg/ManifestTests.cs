using System.Collections.Immutable;
using CsCheck;
using Grid.Abstractions;
using Grid.Storage.Lake;
using Grid.Storage.Lake.Avro;
using Grid.Storage.Lake.Iceberg;
using Grid.Storage.Tests.Fuzz;
using Grid.Testing;
using Grid.Testing.Fuzzing;

namespace Grid.Storage.Tests.Lake.Iceberg;

public sealed class ManifestTests
{
    private static readonly AvroFraming Framing = new(AvroCodec.Deflate, [.. new byte[16]]);

    private static readonly TableSchema Schema = LakeColumns.Extend(SchemaEvolution.Create(new CreateTable
    {
        Path = new TablePath("test", "table"),
        Columns = [new Column("id", DataType.Int64), new Column("day", DataType.Date), new Column("amount", DataType.Decimal(9, 2)), new Column("who", DataType.Uuid), new Column("2nd name", DataType.String)],
        PrimaryKey = ["id"],
    }));

    private static readonly LakePartitionSpec Spec = LakePartitionSpec.Create(Schema, 4, [new ColumnId(2), new ColumnId(3), new ColumnId(4), new ColumnId(5)]);

    [Fact]
    public void The_schema_has_the_fields_and_ids_of_the_spec()
    {
        var root = AvroSchema.Parse(new AvroContainerReader(Write(ManifestContent.Data).Bytes).Schema.Json).Root;
        Assert.Equal("0 status Int|1 snapshot_id Long?|3 sequence_number Long?|4 file_sequence_number Long?|2 data_file Record", Text(root));
        var file = root.Fields[4].Type;
        Assert.Equal(
            "134 content Int|100 file_path String|101 file_format String|102 partition Record|103 record_count Long|104 file_size_in_bytes Long|"
            + "108 column_sizes map?|109 value_counts map?|110 null_value_counts map?|137 nan_value_counts map?|125 lower_bounds map?|128 upper_bounds map?|"
            + "131 key_metadata Bytes?|132 split_offsets Array?|135 equality_ids Array?|140 sort_order_id Int?|143 referenced_data_file String?",
            Text(file));
        Assert.Equal("1000 day date?|1001 amount decimal?|1002 who uuid?|1003 _2nd_x20name String?|1004 __id_bucket Int?", Text(file.Fields[3].Type));
        Assert.Equal(
            ["117 key Int|118 value Long", "119 key Int|120 value Long", "121 key Int|122 value Long", "138 key Int|139 value Long", "126 key Int|127 value Bytes", "129 key Int|130 value Bytes"],
            file.Fields.Where(field => field.Type.Present.Logical == "map").Select(field => Text(field.Type.Present.Children[0])));
        Assert.Equal(4, file.Fields[3].Type.Fields[1].Type.Present.Size);
        Assert.Contains("""{"type":"array","logicalType":"map","items":{"type":"record","name":"k117_v118",""", new AvroContainerReader(Write(ManifestContent.Data).Bytes).Schema.Json, StringComparison.Ordinal);

        Assert.Equal(
            "500 manifest_path String|501 manifest_length Long|502 partition_spec_id Int|517 content Int|515 sequence_number Long|516 min_sequence_number Long|503 added_snapshot_id Long|"
            + "504 added_files_count Int|505 existing_files_count Int|506 deleted_files_count Int|512 added_rows_count Long|513 existing_rows_count Long|514 deleted_rows_count Long|"
            + "507 partitions Array?|519 key_metadata Bytes?",
            Text(ManifestListSchema.Schema.Root));
        Assert.Equal("509 contains_null Boolean|518 contains_nan Boolean?|510 lower_bound Bytes?|511 upper_bound Bytes?", Text(ManifestListSchema.Summary));
    }

    [Fact]
    public void The_header_says_what_it_must()
    {
        var container = new AvroContainerReader(Write(ManifestContent.Deletes).Bytes);
        Assert.Equal(IcebergSchema.ToJson(Schema), container.Text("schema"));
        Assert.Equal(Spec.FieldsToJson(), container.Text("partition-spec"));
        Assert.Equal(["1", "0", "2", "deletes"], new[] { "schema-id", "partition-spec-id", "format-version", "content" }.Select(container.Text));
    }

    [Fact]
    public void Any_entries_round_trip() =>
        Generators.Random.Sample(
            random =>
            {
                var schema = LakeColumns.Extend(Generators.NextSchema(random, 6, primaryKey: true, depth: 1));
                var spec = LakePartitionSpec.Create(schema, 4, [.. schema.Columns.Where(column => !column.Type.IsNested).Select(column => column.Id)]);
                var deletes = random.Next(2) == 0;
                var entries = Enumerable.Range(0, random.Next(6)).Select(_ => Entry(random, RandomFiles.Next(random, schema, spec,
                    deletes ? (LakeFileContent)random.Next(1, 3) : LakeFileContent.Data))).ToArray();

                var writer = new ManifestWriter(schema, spec, deletes ? ManifestContent.Deletes : ManifestContent.Data, new SnapshotId(5), Framing);
                foreach (var entry in entries)
                    writer.Add(entry);
                var (bytes, file) = writer.Finish("mem://t/m.avro");
                var listed = ManifestListReader.Read(ManifestListWriter.Write(new SnapshotId(5), null, new SequenceNumber(9), [file], Framing)).Single();

                Assert.Equal(Text(file.Numbered(new SequenceNumber(9))), Text(listed));
                Assert.Equal(bytes.Length, listed.Bytes);
                var read = ManifestReader.Read(bytes, listed, spec).ToArray();
                Assert.Equal(entries.Select(entry => RandomFiles.Text(entry.File)), read.Select(entry => RandomFiles.Text(entry.File)));
                Assert.Equal(entries.Select(entry => (entry.Status, entry.Snapshot ?? new SnapshotId(5), entry.DataSequence ?? new SequenceNumber(9), entry.FileSequence ?? new SequenceNumber(9))),
                    read.Select(entry => (entry.Status, entry.Snapshot!.Value, entry.DataSequence!.Value, entry.FileSequence!.Value)));
                Assert.Equal(read.Where(entry => entry.IsLive).Select(entry => entry.DataSequence!.Value.Value).DefaultIfEmpty(9).Min(), listed.SequenceMin!.Value.Value);
                foreach (var status in Enum.GetValues<EntryStatus>())
                {
                    var files = entries.Where(entry => entry.Status == status).Select(entry => entry.File.Rows).ToArray();
                    var counts = status switch { EntryStatus.Added => listed.Added, EntryStatus.Existing => listed.Existing, _ => listed.Deleted };
                    Assert.Equal(new FileCounts(files.Length, files.Sum()), counts);
                }
            },
            iter: 200);

    [Fact]
    public void Summaries_tell_the_range_of_each_partition_field()
    {
        var file = Write(ManifestContent.Data, Data(new DateOnly(2024, 1, 2), -5m, 1), Data(new DateOnly(1969, 12, 31), 300m, null), Data(null, 7.25m, 3)).File;
        Assert.Equal(
            ["True False ffffffff 0c4d0000", "False False fe0c 7530", "True False null null", "False False 6e 6e", "True False 01000000 03000000"],
            file.Partitions.Select(Text));
    }

    [Fact]
    public void Only_added_files_inherit_and_carried_ones_keep_their_numbers()
    {
        var (bytes, file) = Write(ManifestContent.Data, Data(null, 1m, 0));
        var added = ManifestReader.Read(bytes, file.Numbered(new SequenceNumber(3)), Spec).Single();
        Assert.Equal((EntryStatus.Added, 3L, 3L, 5L), (added.Status, added.DataSequence!.Value.Value, added.FileSequence!.Value.Value, added.Snapshot!.Value.Value));

        var writer = new ManifestWriter(Schema, Spec, ManifestContent.Data, new SnapshotId(6), Framing);
        writer.Add(added.AsExisting());
        writer.Add(added.AsDeleted(new SnapshotId(6)));
        var (carriedBytes, carriedFile) = writer.Finish("mem://t/m2.avro");
        Assert.Equal(2, writer.Count);
        var carried = ManifestReader.Read(carriedBytes, carriedFile.Numbered(new SequenceNumber(8)), Spec).ToArray();
        Assert.Equal([(5L, 3L, 3L), (6L, 3L, 3L)], carried.Select(entry => (entry.Snapshot!.Value.Value, entry.DataSequence!.Value.Value, entry.FileSequence!.Value.Value)));
        Assert.Equal(new SequenceNumber(3), carriedFile.Numbered(new SequenceNumber(8)).SequenceMin);
        Assert.Equal(new SequenceNumber(8), carriedFile.Numbered(new SequenceNumber(8)).Numbered(new SequenceNumber(9)).Sequence);
    }

    [Fact]
    public void Entries_that_break_a_rule_are_not_written()
    {
        var writer = new ManifestWriter(Schema, Spec, ManifestContent.Data, new SnapshotId(5), Framing);
        var file = Data(null, 1m, 0);
        Assert.Throws<ArgumentException>(() => writer.Add(ManifestEntry.Added(file with { Content = LakeFileContent.PositionDeletes })));
        Assert.Throws<ArgumentException>(() => writer.Add(ManifestEntry.Added(file with { Partition = [1] })));
        Assert.Throws<ArgumentException>(() => writer.Add(ManifestEntry.Added(file) with { DataSequence = new SequenceNumber(1) }));
        Assert.Throws<ArgumentException>(() => writer.Add(ManifestEntry.Added(file) with { Snapshot = new SnapshotId(4) }));
        Assert.Throws<ArgumentException>(() => writer.Add(ManifestEntry.Added(file).AsExisting()));
        Assert.Throws<ArgumentException>(() => new ManifestWriter(Schema, Spec, ManifestContent.Deletes, new SnapshotId(5), Framing).Add(ManifestEntry.Added(file)));
        Assert.Equal(GridErrorCode.InvalidArgument, Assert.Throws<GridException>(() => writer.Add(ManifestEntry.Added(Data("2024-01-02", 1m, 0)))).Code);
        var manifest = Write(ManifestContent.Data, file).File;
        Assert.Throws<ArgumentException>(() => ManifestListWriter.Write(new SnapshotId(5), null, new SequenceNumber(1), [manifest, manifest], Framing));
    }

    [Fact]
    public void A_manifest_that_is_not_what_its_list_says_is_refused()
    {
        var (bytes, file) = Write(ManifestContent.Data, Data(null, 1m, 0));
        Refused(() => _ = ManifestReader.Read(bytes, file with { Content = ManifestContent.Deletes }, Spec).Count());
        Refused(() => _ = ManifestReader.Read(bytes, file with { PartitionSpecId = 1 }, Spec with { Id = 1 }).Count());

        static void Refused(Action action) => Assert.Equal(GridErrorCode.Corrupt, Assert.Throws<GridException>(action).Code);
    }

    [Fact]
    public void The_same_entries_are_the_same_bytes() => Assert.Equal(Write(ManifestContent.Data, Data(null, 1m, 0)).Bytes, Write(ManifestContent.Data, Data(null, 1m, 0)).Bytes);

    [Fact]
    [Trait("Category", "Fuzz")]
    public void Mutated_manifests_and_lists_read_or_are_refused()
    {
        var random = new Random(3);
        var plain = new AvroFraming(AvroCodec.Null, Framing.Sync);
        var writer = new ManifestWriter(Schema, Spec, ManifestContent.Data, new SnapshotId(5), plain);
        for (var i = 0; i < 4; i++)
            writer.Add(Entry(random, RandomFiles.Next(random, Schema, Spec, LakeFileContent.Data)));
        var (manifest, file) = writer.Finish("mem://t/m.avro");
        var listed = file.Numbered(new SequenceNumber(9));
        byte[][] seeds = [manifest, ManifestListWriter.Write(new SnapshotId(5), new SnapshotId(4), new SequenceNumber(9), [file], plain)];
        // The schema is most of a file; what is damaged behind it reaches the readers.
        var bodies = seeds.Select(seed => seed.Length - seed.AsSpan()[..^16].LastIndexOf(Framing.Sync.AsSpan())).ToArray();
        Fuzzer.Run(
            20_000,
            [GridErrorCode.Corrupt, GridErrorCode.TooLarge],
            (input, source) =>
            {
                var which = input % 2;
                var damaged = input % 4 < 2
                    ? new FrameMutator(seeds, source).Next(seeds[which])
                    : [.. seeds[which].AsSpan(0, seeds[which].Length - bodies[which]), .. new FrameMutator(seeds, source).Next(seeds[which][^bodies[which]..])];
                if (which == 0)
                    _ = ManifestReader.Read(damaged, listed, Spec).Count();
                else
                    ManifestListReader.Read(damaged);
            },
            allocatedBytesMax: 64 * 1024 * 1024);
    }

    private static LakeFile Data(object? day, decimal amount, int? bucket) => new()
    {
        Location = "mem://t/data/1.parquet",
        Partition = [day, amount, null, "n", bucket],
        Rows = 10,
        Bytes = 100,
    };

    private static ManifestEntry Entry(Random random, LakeFile file) => random.Next(3) switch
    {
        0 => ManifestEntry.Added(file),
        var kind => new ManifestEntry
        {
            Status = kind == 1 ? EntryStatus.Existing : EntryStatus.Deleted,
            Snapshot = new SnapshotId(random.Next(1, 6)),
            DataSequence = new SequenceNumber(random.Next(9)),
            FileSequence = new SequenceNumber(random.Next(9)),
            File = file,
        },
    };

    private static (byte[] Bytes, ManifestFile File) Write(ManifestContent content, params LakeFile[] files)
    {
        var writer = new ManifestWriter(Schema, Spec, content, new SnapshotId(5), Framing);
        foreach (var file in files)
            writer.Add(ManifestEntry.Added(file));
        return writer.Finish("mem://t/m.avro");
    }

    private static string Text(AvroType record) => string.Join('|', record.Fields.Select(field =>
        $"{field.FieldId} {field.Name} {field.Type.Present.Logical ?? field.Type.Present.Kind.ToString()}{(field.Type.Kind == AvroKind.Union ? "?" : "")}"));

    private static string Text(ManifestFile file) => $"{file with { Partitions = [] }} {string.Join('|', file.Partitions.Select(Text))}";

    private static string Text(FieldSummary summary) => $"{summary.ContainsNull} {summary.ContainsNan} {Text(summary.LowerBound)} {Text(summary.UpperBound)}";

    private static string Text(ImmutableArray<byte>? bound) => bound is { } bytes ? Convert.ToHexStringLower(bytes.AsSpan()) : "null";
}
