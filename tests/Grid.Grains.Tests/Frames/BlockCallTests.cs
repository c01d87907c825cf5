using Grid.Abstractions;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;

namespace Grid.Grains.Tests.Frames;

/// <summary>The ownership rules of <see cref="FrameBlock"/> in real calls: within a silo, over TCP, and through a gateway that passes on.</summary>
public sealed class BlockCallTests : IAsyncLifetime
{
    private const int Grains = 6;
    private TestCluster _cluster = null!;

    public async Task InitializeAsync()
    {
        var builder = new TestClusterBuilder(2);
        builder.Options.ConnectionTransport = ConnectionTransportType.TcpSocket;
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task Within_a_silo_caller_and_callee_share_the_blocks_and_each_side_gives_back_its_own()
    {
        var grain = Local(0).GetGrain<IBlockGrain>(1000);
        var id = Guid.NewGuid();
        var block = Block(100_000);
        var answer = await grain.EchoAsync(new AppendRequest { Frames = block }, id);

        var seen = BlockGrain.Seen[id];
        Assert.Same(block, seen.Request);
        Assert.Same(answer.Frames, seen.Answer);
        Assert.False(block.IsDisposed);
        Assert.Equal(block.Span, answer.Frames!.Span);
        block.Dispose();
        answer.Frames.Dispose();
        Assert.True(block.IsDisposed);
        Assert.True(answer.Frames.IsDisposed);
    }

    [Fact]
    public async Task Over_tcp_and_through_gateways_every_block_returns_to_the_pool()
    {
        // Half of the grains live on each silo, so about half of the calls enter through the other one's gateway.
        for (var i = 0; i < Grains; i++)
            await Local(i % 2).GetGrain<IBlockGrain>(i).PingAsync();
        foreach (var length in new[] { 0, 1, 5_000, 256 * 1024, GridLimits.FrameBytesMax })
            for (var i = 0; i < (length > 1_000_000 ? 2 : Grains); i++)
            {
                var id = Guid.NewGuid();
                var block = Block(length);
                var answer = await _cluster.Client.GetGrain<IBlockGrain>(i).EchoAsync(new AppendRequest { Frames = block }, id);

                Assert.Equal(block.Span, answer.Frames!.Span);
                Assert.Equal(7, answer.NextOffset.Value);
                Assert.False(block.IsDisposed);
                var seen = BlockGrain.Seen[id];
                Assert.NotSame(block, seen.Request);
                Assert.True(seen.Request.IsDisposed);
                Assert.True(seen.Answer.IsDisposed);
                block.Dispose();
                answer.Frames.Dispose();
                Assert.True(answer.Frames.IsDisposed);
            }
    }

    [Fact]
    public async Task A_block_that_is_too_large_fails_its_call_and_not_the_connection()
    {
        var grain = _cluster.Client.GetGrain<IBlockGrain>(2000);
        using var tooLarge = FrameBlock.Wrap(new byte[GridLimits.FrameBytesMax + 1]);
        var refusal = await Assert.ThrowsAsync<GridException>(() => grain.EchoAsync(new AppendRequest { Frames = tooLarge }, Guid.NewGuid()));
        Assert.Equal(GridErrorCode.TooLarge, refusal.Code);
        await grain.PingAsync();
    }

    [Fact]
    public async Task A_block_that_its_caller_gave_back_before_it_was_sent_fails_its_call()
    {
        var grain = _cluster.Client.GetGrain<IBlockGrain>(2001);
        var block = Block(100);
        block.Dispose();
        var refusal = await Assert.ThrowsAsync<GridException>(() => grain.EchoAsync(new AppendRequest { Frames = block }, Guid.NewGuid()));
        Assert.Equal(GridErrorCode.Timeout, refusal.Code);
        await grain.PingAsync();
    }

    [Fact]
    public async Task A_refusal_arrives_with_its_code_message_and_detail()
    {
        foreach (var factory in new[] { _cluster.Client, Local(0) })
        {
            var refusal = await Assert.ThrowsAsync<GridException>(() => factory.GetGrain<IBlockGrain>(3000).FailAsync());
            Assert.Equal((GridErrorCode.SchemaStale, "Too old; use version 3.", 3L), (refusal.Code, refusal.Message, refusal.Detail));
        }
    }

    private IGrainFactory Local(int silo) => _cluster.GetSiloServiceProvider(_cluster.Silos[silo].SiloAddress).GetRequiredService<IGrainFactory>();

    private static FrameBlock Block(int length)
    {
        var block = FrameBlock.Rent(length);
        new Random(length).NextBytes(block.WritableMemory.Span);
        return block;
    }
}
