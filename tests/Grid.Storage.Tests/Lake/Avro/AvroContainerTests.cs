using System.Buffers;
using System.Collections.Immutable;
using CsCheck;
using Grid.Abstractions;
using Grid.Storage.Lake.Avro;
using Grid.Storage.Tests.Fuzz;
using Grid.Testing;
using Grid.Testing.Fuzzing;

namespace Grid.Storage.Tests.Lake.Avro;

public sealed class AvroContainerTests
{
    private static readonly ImmutableArray<byte> Sync = [.. Enumerable.Range(0xa0, 16).Select(value => (byte)value)];
    private static readonly AvroSchema Pair = AvroSchema.Parse("""{"type":"record","name":"p","fields":[{"name":"a","type":"long","field-id":1},{"name":"b","type":["null","string"],"field-id":2}]}""");

    [Fact]
    public void A_container_has_these_bytes()
    {
        var bytes = Write(Pair, AvroCodec.Null, [new("k", "v")], Record(Pair, -65L, "hi"), Record(Pair, 3L, null));
        var schema = Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(Pair.Json));
        Assert.Equal(
            "4F626A01" + "06"
            + "16" + "6176726F2E736368656D61" + "8402" + schema
            + "14" + "6176726F2E636F646563" + "08" + "6E756C6C"
            + "026B" + "0276" + "00"
            + "A0A1A2A3A4A5A6A7A8A9AAABACADAEAF"
            + "04" + "10" + "8101" + "02" + "046869" + "06" + "00"
            + "A0A1A2A3A4A5A6A7A8A9AAABACADAEAF",
            Convert.ToHexString(bytes));
    }

    [Theory]
    [InlineData(AvroCodec.Null)]
    [InlineData(AvroCodec.Deflate)]
    internal void Records_of_any_schema_round_trip(AvroCodec codec) =>
        Generators.Random.Sample(
            random =>
            {
                var avro = new RandomAvro(random);
                var schema = avro.Schema();
                var records = Enumerable.Range(0, random.Next(20)).Select(_ => avro.Value(schema)).ToArray();
                // Records without bytes are bounded by the bytes of their block, and there are none.
                if (records.Any(record => Length(schema, record) == 0))
                    return;
                var reader = new AvroContainerReader(Write(schema, codec, [new("a", "b"), new("c", "\u20ac")], records));
                Assert.Equal(records.Select(RandomAvro.Text), reader.Records().Select(RandomAvro.Text));
                Assert.Equal(("b", "\u20ac", null), (reader.Text("a"), reader.Text("c"), reader.Text("d")));
            },
            iter: 500);

    [Fact]
    public void Many_records_make_many_blocks()
    {
        var records = Enumerable.Range(0, 3000).Select(i => Record(Pair, (long)i, new string('x', 100))).ToArray();
        foreach (var codec in new[] { AvroCodec.Null, AvroCodec.Deflate })
        {
            var bytes = Write(Pair, codec, [], records);
            Assert.Equal(1 + 5, Count(bytes, Sync.AsSpan()));
            Assert.Equal(records.Select(RandomAvro.Text), new AvroContainerReader(bytes).Records().Select(RandomAvro.Text));
        }
    }

    [Fact]
    public void A_field_is_found_by_its_id_and_without_ids_by_its_name()
    {
        var other = AvroSchema.Parse(
            """{"type":"record","name":"p","fields":[{"name":"new","type":"int"},{"name":"x","type":["string","null"],"field-id":2},{"name":"a","type":"int"},{"name":"b","type":"int","field-id":9}]}""");
        var record = new AvroContainerReader(Write(other, AvroCodec.Null, [], Record(other, 7, "text", 5, 6))).Records().Single();
        Assert.Equal("text", record.RequiredObject<string>(2, "b"));
        Assert.Equal(5L, record.Required<long>(1, "a"));
        Assert.Null(record.Find(3, "c"));
        Refused(GridErrorCode.Corrupt, () => record.Required<long>(3, "c"));
        Refused(GridErrorCode.Corrupt, () => record.Required<bool>(1, "a"));
    }

    [Fact]
    public void Arrays_may_come_in_parts_with_their_lengths()
    {
        var schema = AvroSchema.Parse("""{"type":"record","name":"r","fields":[{"name":"a","type":{"type":"array","items":"int"}}]}""");
        // 2 items in one part; then -1: one item in a part of 1 byte; the end.
        byte[] record = [0x04, 0x02, 0x04, 0x01, 0x02, 0x06, 0x00];
        Assert.Equal("{[Int321,Int322,Int323]}", RandomAvro.Text(new AvroContainerReader(Block(schema, 1, record)).Records().Single()));
    }

    [Theory]
    [InlineData("""{"type":"record","name":"r","fields":[{"name":"a","type":["null","r"]}]}""", GridErrorCode.Corrupt)]
    [InlineData("""{"type":"record","name":"r","fields":[{"name":"a","type":"s"}]}""", GridErrorCode.Corrupt)]
    [InlineData("""{"type":"record","name":"r","fields":[{"name":"a","type":{"type":"fixed","name":"r","size":1}}]}""", GridErrorCode.Corrupt)]
    [InlineData("""{"type":"record","name":"r","fields":[{"name":"a","type":{"type":"fixed","name":"x","size":-1}}]}""", GridErrorCode.Corrupt)]
    [InlineData("""{"type":"record","name":"r","fields":[{"name":"a","type":[]}]}""", GridErrorCode.Corrupt)]
    [InlineData("""{"type":"record","name":"r","fields":[{"name":"a","type":[["null"]]}]}""", GridErrorCode.Corrupt)]
    [InlineData("""{"type":"record","name":"r","fields":{}}""", GridErrorCode.Corrupt)]
    [InlineData("""{"type":"record","name":"r"}""", GridErrorCode.Corrupt)]
    [InlineData("""{"type":"array"}""", GridErrorCode.Corrupt)]
    [InlineData("5", GridErrorCode.Corrupt)]
    [InlineData("{", GridErrorCode.Corrupt)]
    public void Schemas_that_are_none_are_refused(string json, GridErrorCode code) => Refused(code, () => AvroSchema.Parse(json));

    [Fact]
    public void Deep_and_wide_schemas_are_refused()
    {
        var deep = string.Concat(Enumerable.Repeat("""{"type":"array","items":""", 40)) + "\"int\"" + new string('}', 40);
        Refused(GridErrorCode.TooLarge, () => AvroSchema.Parse(deep));
        var wide = $$"""{"type":"record","name":"r","fields":[{{string.Join(',', Enumerable.Range(0, 20_001).Select(i => $$"""{"name":"f{{i}}","type":"int"}"""))}}]}""";
        Refused(GridErrorCode.TooLarge, () => AvroSchema.Parse(wide));
    }

    [Fact]
    public void A_type_is_known_by_its_name_in_the_space_of_the_record_around_it()
    {
        var schema = AvroSchema.Parse(
            """{"type":"record","name":"r","namespace":"n.s","fields":[{"name":"a","type":{"type":"fixed","name":"x","size":2}},{"name":"b","type":"x"},{"name":"c","type":"n.s.x"}]}""");
        Assert.Equal(6, schema.Root.BytesMin);
    }

    [Fact]
    public void Counts_and_lengths_that_lie_are_refused_before_memory_is_taken()
    {
        var ints = AvroSchema.Parse("""{"type":"record","name":"r","fields":[{"name":"a","type":{"type":"array","items":"int"}}]}""");
        var nulls = AvroSchema.Parse("""{"type":"record","name":"r","fields":[{"name":"a","type":{"type":"array","items":"null"}}]}""");
        var text = AvroSchema.Parse("""{"type":"record","name":"r","fields":[{"name":"a","type":"string"}]}""");
        byte[] huge = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        RefusedRecords(GridErrorCode.Corrupt, Block(ints, 1, huge));
        RefusedRecords(GridErrorCode.Corrupt, Block(nulls, 1, huge));
        RefusedRecords(GridErrorCode.Corrupt, Block(text, 1, huge));
        RefusedRecords(GridErrorCode.Corrupt, Block(text, 1, [0x01, 0x00]));
        RefusedRecords(GridErrorCode.Corrupt, Block(text, 1, [0x02, 0xff]));
        RefusedRecords(GridErrorCode.Corrupt, Block(text, 1, [.. Enumerable.Repeat((byte)0xff, 11)]));
        RefusedRecords(GridErrorCode.Corrupt, Block(text, 2, [0x00]));
        RefusedRecords(GridErrorCode.Corrupt, Block(text, 1, [0x00, 0x00]));
        RefusedRecords(GridErrorCode.Corrupt, Block(text, -1, [0x00]));
        RefusedRecords(GridErrorCode.Corrupt, Block(text, long.MaxValue, [0x00]));
    }

    [Fact]
    public void A_block_that_grows_beyond_the_limit_is_refused()
    {
        var text = AvroSchema.Parse("""{"type":"record","name":"r","fields":[{"name":"a","type":"bytes"}]}""");
        var bytes = Write(text, AvroCodec.Deflate, [], Record(text, new byte[AvroLimits.BlockBytesMax]));
        Assert.True(bytes.Length < 100_000);
        RefusedRecords(GridErrorCode.TooLarge, bytes);
    }

    [Fact]
    public void A_container_cut_anywhere_is_refused_or_ends_behind_a_block()
    {
        foreach (var codec in new[] { AvroCodec.Null, AvroCodec.Deflate })
        {
            var header = Write(Pair, codec, []).Length;
            var bytes = Write(Pair, codec, [], Record(Pair, 1L, "a"), Record(Pair, 2L, "b"));
            for (var length = 0; length < bytes.Length; length++)
                if (length == header)
                    Assert.Empty(new AvroContainerReader(bytes.AsMemory(0, length)).Records());
                else
                    RefusedRecords(GridErrorCode.Corrupt, bytes[..length]);
        }
    }

    [Fact]
    [Trait("Category", "Fuzz")]
    public void Mutated_containers_read_or_are_refused()
    {
        var seeds = new Random(1);
        var avro = new RandomAvro(seeds);
        var schemas = Enumerable.Range(0, 20).Select(_ => avro.Schema()).ToArray();
        byte[][] files = [.. schemas.SelectMany(schema =>
            new[] { AvroCodec.Null, AvroCodec.Deflate }.Select(codec => Write(schema, codec, [new("k", "v")], [.. Enumerable.Range(0, 5).Select(_ => avro.Value(schema))])))];
        Fuzzer.Run(
            20_000,
            [GridErrorCode.Corrupt, GridErrorCode.TooLarge],
            (_, random) =>
            {
                foreach (var record in new AvroContainerReader(new FrameMutator(files, random).Next(files[random.Next(files.Length)])).Records())
                    Assert.NotNull(record);
            },
            allocatedBytesMax: 64 * 1024 * 1024);
    }

    private static AvroRecord Record(AvroSchema schema, params object?[] values) => new(schema.Root, values);

    private static byte[] Write(AvroSchema schema, AvroCodec codec, KeyValuePair<string, string>[] metadata, params AvroRecord[] records)
    {
        var writer = new AvroContainerWriter(schema, metadata, new AvroFraming(codec, Sync));
        foreach (var record in records)
            writer.Add(record);
        return writer.Finish();
    }

    private static byte[] Block(AvroSchema schema, long records, byte[] block)
    {
        var bytes = new ArrayBufferWriter<byte>();
        bytes.Write(Write(schema, AvroCodec.Null, []));
        AvroBytes.WriteLong(bytes, records);
        AvroBytes.WriteBytes(bytes, block);
        bytes.Write(Sync.AsSpan());
        return bytes.WrittenSpan.ToArray();
    }

    private static int Length(AvroSchema schema, AvroRecord record)
    {
        var bytes = new ArrayBufferWriter<byte>();
        AvroValueWriter.Write(schema.Root, record, bytes);
        return bytes.WrittenCount;
    }

    private static int Count(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> part)
    {
        var count = 0;
        for (var at = bytes.IndexOf(part); at >= 0; at = bytes.IndexOf(part), count++)
            bytes = bytes[(at + part.Length)..];
        return count;
    }

    private static void RefusedRecords(GridErrorCode code, byte[] bytes) => Refused(code, () => _ = new AvroContainerReader(bytes).Records().Count());

    private static void Refused(GridErrorCode code, Action action) => Assert.Equal(code, Assert.Throws<GridException>(action).Code);
}
