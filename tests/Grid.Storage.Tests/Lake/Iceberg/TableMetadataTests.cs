using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Grid.Abstractions;
using Grid.Storage.Lake;
using Grid.Storage.Lake.Iceberg;
using Grid.Storage.Tests.Fuzz;
using Grid.Testing;
using Grid.Testing.Fuzzing;

namespace Grid.Storage.Tests.Lake.Iceberg;

public sealed class TableMetadataTests
{
    private static readonly ImmutableSortedDictionary<string, string> None = ImmutableSortedDictionary<string, string>.Empty;

    private static readonly TableSchema Schema = SchemaEvolution.Create(new CreateTable
    {
        Path = new TablePath("test", "table"),
        Columns = [new Column("id", DataType.Int64)],
        PrimaryKey = ["id"],
    });

    [Fact]
    public void A_table_with_a_snapshot_is_this_JSON()
    {
        var created = Create();
        var table = created.AddSnapshot(new SnapshotId(77), "mem://t/metadata/s.avro", Snapshot.Append, None.Add("grid.x", "1"), 2000).Following(created, "mem://t/metadata/v1.metadata.json");
        var expected =
            $$$"""
            {"format-version":2,"table-uuid":"00000000-0000-0000-0000-000000000007","location":"mem://t","last-sequence-number":1,"last-updated-ms":2000,"last-column-id":2000000003,
             "current-schema-id":1,"schemas":[{{{IcebergSchema.ToJson(LakeColumns.Extend(Schema))}}}],
             "default-spec-id":0,"partition-specs":[{"spec-id":0,"fields":[{"source-id":1,"field-id":1000,"name":"__id_bucket","transform":"bucket[4]"}]}],"last-partition-id":1000,
             "default-sort-order-id":0,"sort-orders":[{"order-id":0,"fields":[]}],"properties":{"a":"b"},"current-snapshot-id":77,"refs":{"main":{"snapshot-id":77,"type":"branch"}},
             "snapshots":[{"snapshot-id":77,"sequence-number":1,"timestamp-ms":2000,"manifest-list":"mem://t/metadata/s.avro","summary":{"grid.x":"1","operation":"append"},"schema-id":1}],
             "snapshot-log":[{"timestamp-ms":2000,"snapshot-id":77}],"metadata-log":[{"timestamp-ms":1000,"metadata-file":"mem://t/metadata/v1.metadata.json"}]}
            """;
        Assert.Equal(JsonNode.Parse(expected)!.ToJsonString(), JsonNode.Parse(TableMetadataWriter.Write(table))!.ToJsonString());
        Assert.DoesNotContain("current-snapshot-id", Encoding.UTF8.GetString(TableMetadataWriter.Write(created)), StringComparison.Ordinal);
    }

    [Fact]
    public void States_of_any_schema_are_written_and_read() =>
        Generators.Schema(depth: 2).Sample(
            schema =>
            {
                var table = TableMetadata.Create(Guid.NewGuid(), "mem://t/", LakeColumns.Extend(schema), LakePartitionSpec.Create(LakeColumns.Extend(schema), 4, []), None, 1);
                for (var i = 1; i <= 3; i++)
                    table = table.AddSnapshot(new SnapshotId(i), $"mem://t/{i}", Snapshot.Overwrite, None, i).Following(table, $"v{i}");
                var read = TableMetadataReader.Read(TableMetadataWriter.Write(table));
                // int8 and defaults don't come back: a second pass changes nothing more.
                Assert.Equal(TableMetadataWriter.Write(read), TableMetadataWriter.Write(TableMetadataReader.Read(TableMetadataWriter.Write(read))));
                Assert.Equal(table.CurrentSnapshot!.Id, read.CurrentSnapshot!.Id);
                Assert.Equal(new SnapshotId(2), read.CurrentSnapshot.Parent);
                Assert.Equal("mem://t", read.Location);
            },
            iter: 100);

    [Fact]
    public void Numbers_rise_and_time_never_falls()
    {
        var table = Create().AddSnapshot(new SnapshotId(1), "1", Snapshot.Append, None, 5000).AddSnapshot(new SnapshotId(2), "2", Snapshot.Append, None, 4000);
        Assert.Equal([1L, 2], table.Snapshots.Select(snapshot => snapshot.Sequence.Value));
        Assert.Equal([5000L, 5000], table.SnapshotLog.Select(entry => entry.TimestampMs));
        Assert.Equal(5000, table.SetProperties([], 3000).LastUpdatedMs);
        Assert.Throws<ArgumentException>(() => table.AddSnapshot(new SnapshotId(1), "3", Snapshot.Append, None, 6000));
    }

    [Fact]
    public void A_new_schema_version_is_added_once_and_becomes_current()
    {
        var second = LakeColumns.Extend(SchemaEvolution.Apply(Schema, [new AddColumn(new Column("b", DataType.String))]));
        var table = Create().SetSchema(second, 2000).SetSchema(second, 3000);
        Assert.Equal(2, table.Schemas.Length);
        Assert.Equal(second, table.CurrentSchema);
        Assert.Equal(2, table.AddSnapshot(new SnapshotId(1), "1", Snapshot.Append, None, 1).CurrentSnapshot!.SchemaId);
    }

    [Fact]
    public void Properties_are_set_and_removed()
    {
        var table = Create().SetProperties([new("a", null), new("b", "1")], 2000);
        Assert.Equal([new("b", "1")], table.Properties);
        Assert.Equal(2000, table.LastUpdatedMs);
    }

    [Fact]
    public void Old_snapshots_expire_but_for_the_last_and_those_that_a_name_keeps()
    {
        var table = Create();
        for (var i = 1; i <= 6; i++)
            table = table.AddSnapshot(new SnapshotId(i), $"{i}", Snapshot.Append, None, 1000 * i);
        table = table with { OtherReferences = table.OtherReferences.Add("tag", new SnapshotReference { Snapshot = new SnapshotId(2), Type = "tag" }) };

        var (kept, expired) = table.ExpireSnapshots(olderThanMs: 4500, keepLast: 1, nowMs: 7000);
        Assert.Equal([2L, 5, 6], kept.Snapshots.Select(snapshot => snapshot.Id.Value));
        Assert.Equal([1L, 3, 4], expired.Select(snapshot => snapshot.Id.Value));
        Assert.Equal([5L, 6], kept.SnapshotLog.Select(entry => entry.Snapshot.Value));
        Assert.Equal(7000, kept.LastUpdatedMs);

        Assert.Equal([2L, 4, 5, 6], table.ExpireSnapshots(long.MaxValue, keepLast: 3, nowMs: 7000).Metadata.Snapshots.Select(snapshot => snapshot.Id.Value));
        Assert.Equal([2L, 6], table.ExpireSnapshots(long.MaxValue, keepLast: 1, nowMs: 7000).Metadata.Snapshots.Select(snapshot => snapshot.Id.Value));
        Assert.Same(table, table.ExpireSnapshots(0, keepLast: 1, nowMs: 7000).Metadata);
        Assert.Equal([2L, 5, 6], table.ExpireSnapshots(0, keepLast: 1, nowMs: 7000, keepMost: 2).Metadata.Snapshots.Select(snapshot => snapshot.Id.Value));
        Assert.Empty(Create().ExpireSnapshots(long.MaxValue, keepLast: 1, nowMs: 7000).Expired);
    }

    [Fact]
    public void The_log_of_metadata_files_keeps_the_last_hundred()
    {
        var table = Create();
        for (var i = 1; i <= 150; i++)
            table = table.SetProperties([], 1000 + i).Following(table, $"v{i}");
        Assert.Equal(TableMetadata.MetadataLogMax, table.MetadataLog.Length);
        Assert.Equal(new MetadataLogEntry(1149, "v150"), table.MetadataLog[^1]);
    }

    [Fact]
    public void What_others_wrote_is_kept()
    {
        var json = JsonNode.Parse(TableMetadataWriter.Write(Create().AddSnapshot(new SnapshotId(1), "1", Snapshot.Append, None, 1)))!;
        json["statistics"] = new JsonArray(new JsonObject { ["snapshot-id"] = 1, ["x"] = "y" });
        json["sort-orders"] = new JsonArray(new JsonObject { ["order-id"] = 5, ["fields"] = new JsonArray() });
        json["default-sort-order-id"] = 5;
        json["refs"]!["tag"] = new JsonObject { ["snapshot-id"] = 1, ["type"] = "tag", ["max-ref-age-ms"] = 9 };
        json["refs"]!["wip"] = new JsonObject { ["snapshot-id"] = 1, ["type"] = "branch", ["min-snapshots-to-keep"] = 3, ["max-snapshot-age-ms"] = 8 };
        var again = JsonNode.Parse(TableMetadataWriter.Write(TableMetadataReader.Read(Encoding.UTF8.GetBytes(json.ToJsonString()))))!;
        Assert.True(JsonNode.DeepEquals(json, again), again.ToJsonString());
    }

    [Fact]
    public void No_snapshot_may_be_written_as_minus_one()
    {
        var json = JsonNode.Parse(TableMetadataWriter.Write(Create()))!;
        json["current-snapshot-id"] = -1;
        json["refs"]!["main"] = new JsonObject { ["snapshot-id"] = -1, ["type"] = "branch" };
        Assert.Null(TableMetadataReader.Read(Encoding.UTF8.GetBytes(json.ToJsonString())).CurrentSnapshot);
    }

    [Theory]
    [InlineData("format-version", "3", GridErrorCode.Corrupt)]
    [InlineData("format-version", "1", GridErrorCode.Corrupt)]
    [InlineData("table-uuid", "\"x\"", GridErrorCode.Corrupt)]
    [InlineData("table-uuid", "\"\\ud800\"", GridErrorCode.Corrupt)]
    [InlineData("last-column-id", "3000000000", GridErrorCode.Corrupt)]
    [InlineData("last-column-id", "1.5", GridErrorCode.Corrupt)]
    [InlineData("current-schema-id", "9", GridErrorCode.Corrupt)]
    [InlineData("default-spec-id", "9", GridErrorCode.Corrupt)]
    [InlineData("current-snapshot-id", "9", GridErrorCode.Corrupt)]
    [InlineData("last-sequence-number", "0", GridErrorCode.Corrupt)]
    [InlineData("location", "null", GridErrorCode.Corrupt)]
    [InlineData("properties", """{"a":1}""", GridErrorCode.Corrupt)]
    [InlineData("schemas", "{}", GridErrorCode.Corrupt)]
    [InlineData("snapshots", "[1]", GridErrorCode.Corrupt)]
    [InlineData("sort-orders", "1", GridErrorCode.Corrupt)]
    [InlineData("refs", "[]", GridErrorCode.Corrupt)]
    public void Metadata_that_does_not_hold_together_is_refused(string field, string value, GridErrorCode code)
    {
        var json = JsonNode.Parse(TableMetadataWriter.Write(Create().AddSnapshot(new SnapshotId(1), "1", Snapshot.Append, None, 1)))!.AsObject();
        json[field] = "VALUE";
        var text = json.ToJsonString().Replace("\"VALUE\"", value, StringComparison.Ordinal);
        Assert.Equal(code, Assert.Throws<GridException>(() => TableMetadataReader.Read(Encoding.UTF8.GetBytes(text))).Code);
    }

    [Fact]
    [Trait("Category", "Fuzz")]
    public void Mutated_metadata_reads_or_is_refused()
    {
        var table = Create().SetSchema(LakeColumns.Extend(SchemaEvolution.Apply(Schema, [new AddColumn(new Column("b", DataType.Map(DataType.String, DataType.List(DataType.Int32))))])), 2);
        table = table.AddSnapshot(new SnapshotId(1), "1", Snapshot.Append, None, 1);
        byte[][] seeds = [TableMetadataWriter.Write(table)];
        Fuzzer.Run(10_000, [GridErrorCode.Corrupt, GridErrorCode.TooLarge], (_, random) =>
            TableMetadataWriter.Write(TableMetadataReader.Read(new FrameMutator(seeds, random).Next(seeds[0]))));
    }

    [Fact]
    public void Names_of_metadata_files_carry_their_version()
    {
        Assert.Equal("metadata/v12.metadata.json", LakeNames.Metadata(12));
        Assert.Equal(12, LakeNames.VersionOf("metadata/v12.metadata.json"));
        foreach (var name in new[] { "metadata/v.metadata.json", "metadata/v-1.metadata.json", "metadata/vx.metadata.json", "v1.metadata.json", "metadata/v1.json", "metadata/v99999999999.metadata.json" })
            Assert.Null(LakeNames.VersionOf(name));
        Assert.InRange(SnapshotId.Random().Value, 1, 1L << 53);
        Assert.Equal(1, SnapshotId.From(0).Value);
    }

    private static TableMetadata Create() => TableMetadata.Create(
        new Guid(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7), "mem://t/", LakeColumns.Extend(Schema), LakePartitionSpec.Create(Schema, 4, []), None.Add("a", "b"), 1000);
}
