using System.Buffers.Binary;
using Grid.Abstractions;
using Grid.Testing;
using Grid.Testing.Fuzzing;
using Grid.Testing.Rows;

namespace Grid.Abstractions.Tests.Keys;

public sealed class KeyBlockTests
{
    private static readonly TableSchema Schema = SchemaEvolution.Create(new CreateTable
    {
        Path = new TablePath("test", "keys"),
        Columns = [new Column("k", DataType.String)],
        PrimaryKey = ["k"],
    });

    [Fact]
    public void A_block_has_the_keys_chosen_in_their_order()
    {
        using var keys = Keys("a", "bcd", "", "ef");
        using var block = KeyBlock.Build(keys, [3, 0, 2]);
        Assert.Equal("03000000" + "04000000" + "07000000" + "09000000" + "65660001" + "610001" + "0001", Convert.ToHexStringLower(block.Span));
        var read = new KeyBlock(block.Memory);
        Assert.Equal(3, read.Count);
        Assert.Equal(keys[3], read[0]);
        Assert.Equal(keys[0], read[1]);
        Assert.Equal(keys[2], read[2]);
        Assert.Throws<ArgumentOutOfRangeException>(() => read[3].Length);
        Assert.Equal(0, default(KeyBlock).Count);
    }

    [Fact]
    public void Blocks_over_the_limits_are_refused()
    {
        using var keys = Keys([.. Enumerable.Repeat(new string('x', GridLimits.KeyBytesMax - 2), 17)]);
        Refused(GridErrorCode.TooLarge, () => KeyBlock.Build(keys, Enumerable.Range(0, 17).ToArray()));
        Refused(GridErrorCode.TooLarge, () => KeyBlock.Build(keys, new int[GridLimits.LookupKeysMax + 1]));
        Refused(GridErrorCode.InvalidArgument, () => KeyBlock.Build(keys, []));
        Refused(GridErrorCode.TooLarge, () => _ = new KeyBlock(new byte[GridLimits.CallBytesMax + 1]));
        Refused(GridErrorCode.TooLarge, () => _ = new KeyBlock(Block(1_000_000_000)));
        Refused(GridErrorCode.TooLarge, () => _ = new KeyBlock(Block([1, GridLimits.KeyBytesMax + 1, .. new int[5000]])));
    }

    [Theory]
    [InlineData(new int[0])]
    [InlineData(new[] { 0 })]
    [InlineData(new[] { -1 })]
    [InlineData(new[] { 1 })]
    [InlineData(new[] { 1, 0 })]
    [InlineData(new[] { 1, -4 })]
    [InlineData(new[] { 1, 3, 0 })]
    [InlineData(new[] { 1, 5, 0 })]
    [InlineData(new[] { 2, 4, 3, 0 })]
    [InlineData(new[] { 2, 2147483647, -2147483648, 0 })]
    public void Damaged_blocks_are_refused(int[] words) => Refused(GridErrorCode.Corrupt, () => _ = new KeyBlock(Block(words)));

    [Fact]
    [Trait("Category", "Fuzz")]
    public void Mutated_blocks_read_or_are_refused()
    {
        using var keys = Keys("a", "bcd", "", "ef", "a longer key");
        using var block = KeyBlock.Build(keys, [0, 1, 2, 3, 4]);
        Fuzzer.Run(50_000, [GridErrorCode.Corrupt, GridErrorCode.TooLarge], (_, random) =>
        {
            var read = new KeyBlock(Mutation.Of(block.Span.ToArray(), random));
            for (var key = 0; key < read.Count; key++)
                Assert.NotEqual(0, read[key].Length);
        });
    }

    private static EncodedKeys Keys(params string[] values) =>
        new KeyEncoder(Schema, Schema.PrimaryKey).Encode(ArrowRows.Build(Schema, [.. values.Select(value => new object?[] { value })]), [0]);

    private static byte[] Block(params int[] words)
    {
        var bytes = new byte[words.Length * 4];
        for (var i = 0; i < words.Length; i++)
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(i * 4), words[i]);
        return bytes;
    }

    private static void Refused(GridErrorCode code, Action action) => Assert.Equal(code, Assert.Throws<GridException>(action).Code);
}
