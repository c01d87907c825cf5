using System.Buffers.Binary;
using CsCheck;
using Grid.Abstractions;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace Grid.Grains.Tests.Frames;

public sealed class FrameBlockCodecTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddSerializer().BuildServiceProvider();

    public void Dispose() => _services.Dispose();

    [Fact]
    public void A_request_is_written_without_taking_the_callers_reference_and_read_floating()
    {
        var block = Filled(FrameBlock.Rent(1000));
        var bytes = Serializer<AppendRequest>().SerializeToArray(new AppendRequest { Frames = block });
        Assert.InRange(bytes.Length, 1000, 1064);
        Assert.False(block.IsDisposed);

        var read = Serializer<AppendRequest>().Deserialize(bytes)!.Frames;
        Assert.Equal(block.Span, read.Span);
        Assert.False(read.IsAnswer);

        // Floating: the first reference that is taken is the only one.
        Assert.True(read.TryRetain());
        read.Dispose();
        Assert.True(read.IsDisposed);
        block.Dispose();
        Assert.True(block.IsDisposed);
    }

    [Fact]
    public void An_answer_is_given_back_by_being_written_and_read_with_one_reference()
    {
        var block = Filled(FrameBlock.Rent(100)).ForAnswer();
        var bytes = Serializer<FetchAnswer>().SerializeToArray(new FetchAnswer { Frames = block });
        Assert.True(block.IsDisposed);

        var read = Serializer<FetchAnswer>().Deserialize(bytes)!.Frames!;
        Assert.Equal(100, read.Length);
        Assert.False(read.IsDisposed);
        read.Dispose();
        Assert.True(read.IsDisposed);
    }

    [Fact]
    public void An_answer_that_somebody_still_reads_is_not_given_back_before_he_is_done()
    {
        var block = Filled(FrameBlock.Rent(100)).ForAnswer();
        Assert.True(block.TryRetain());
        Serializer<FetchAnswer>().SerializeToArray(new FetchAnswer { Frames = block });
        Assert.False(block.IsDisposed);
        block.Dispose();
        Assert.True(block.IsDisposed);
    }

    [Fact]
    public void A_gateway_that_reads_and_writes_messages_gives_its_blocks_back()
    {
        var request = Serializer<AppendRequest>().Deserialize(Serializer<AppendRequest>().SerializeToArray(new AppendRequest { Frames = Filled(FrameBlock.Rent(10)) }))!;
        Serializer<AppendRequest>().SerializeToArray(request);
        Assert.True(request.Frames.IsDisposed);

        var answer = Serializer<FetchAnswer>().Deserialize(Serializer<FetchAnswer>().SerializeToArray(new FetchAnswer { Frames = Filled(FrameBlock.Rent(10)).ForAnswer() }))!;
        Serializer<FetchAnswer>().SerializeToArray(answer);
        Assert.True(answer.Frames!.IsDisposed);
    }

    [Fact]
    public void A_received_answer_can_be_sent_on_as_a_request()
    {
        var bytes = Serializer<FetchAnswer>().SerializeToArray(new FetchAnswer { Frames = Filled(FrameBlock.Rent(10)).ForAnswer() });
        var received = Serializer<FetchAnswer>().Deserialize(bytes)!.Frames!;
        Serializer<AppendRequest>().SerializeToArray(new AppendRequest { Frames = received.ForRequest() });
        Assert.False(received.IsDisposed);
        received.Dispose();
        Assert.True(received.IsDisposed);
    }

    [Fact]
    public void A_block_that_was_given_back_is_never_written()
    {
        var block = Filled(FrameBlock.Rent(100));
        block.Dispose();
        Assert.False(block.TryRetain());
        Refused(GridErrorCode.Timeout, () => Serializer<AppendRequest>().SerializeToArray(new AppendRequest { Frames = block }));
    }

    [Fact]
    public void Disposing_too_often_gives_the_memory_back_once()
    {
        // A pool hands a returned array to the next who rents it on this thread; returned twice, it would be handed out twice.
        const int Length = 300_000;
        var block = FrameBlock.Rent(Length);
        block.Dispose();
        block.Dispose();
        block.Dispose();
        Assert.True(block.IsDisposed);
        using var first = FrameBlock.Rent(Length);
        using var second = FrameBlock.Rent(Length);
        first.WritableMemory.Span.Fill(1);
        second.WritableMemory.Span.Fill(2);
        Assert.Equal(1, first.Span[0]);
    }

    [Fact]
    public async Task Racing_references_give_the_memory_back_once_and_never_before_the_last()
    {
        for (var round = 0; round < 200; round++)
        {
            var block = FrameBlock.RentFloating(64);
            block.WritableMemory.Span.Fill(7);
            using var start = new Barrier(3);
            await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
            {
                start.SignalAndWait();
                for (var i = 0; i < 50; i++)
                {
                    if (!block.TryRetain())
                        return;
                    Assert.False(block.IsDisposed);
                    Assert.Equal(7, block.Span[63]);
                    block.Dispose();
                }
            })));
            Assert.True(block.IsDisposed);
        }
    }

    [Fact]
    public void A_block_over_the_limit_is_refused_before_it_is_written()
    {
        var serializer = Serializer<AppendRequest>();
        using var largest = FrameBlock.Wrap(new byte[GridLimits.FrameBytesMax]);
        Assert.True(serializer.SerializeToArray(new AppendRequest { Frames = largest }).Length > GridLimits.FrameBytesMax);
        using var tooLarge = FrameBlock.Wrap(new byte[GridLimits.FrameBytesMax + 1]);
        Refused(GridErrorCode.TooLarge, () => serializer.SerializeToArray(new AppendRequest { Frames = tooLarge }));
    }

    [Fact]
    public void A_promised_length_is_checked_before_memory_is_taken()
    {
        var serializer = Serializer<AppendRequest>();
        var good = serializer.SerializeToArray(new AppendRequest { Frames = FrameBlock.Wrap(new byte[1 << 20]) });
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.ThrowsAny<Exception>(() => serializer.Deserialize(good.AsSpan(0, 1000).ToArray()));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 256 * 1024);
    }

    [Fact]
    public void Mutated_messages_are_refused_or_read_within_their_limits()
    {
        var serializer = Serializer<AppendRequest>();
        var good = serializer.SerializeToArray(new AppendRequest { Frames = Filled(FrameBlock.Rent(50)) });
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte, Gen.Int[1, good.Length]).Sample((position, value, length) =>
        {
            var bad = good[..length];
            if (position < length)
                bad[position] = value;
            try
            {
                var read = serializer.Deserialize(bad);
                Assert.True(read?.Frames is null || read.Frames.Length <= bad.Length);
            }
            catch (Exception refusal) when (refusal is not (OutOfMemoryException or Xunit.Sdk.XunitException))
            {
            }
        }, iter: 5000);
    }

    [Fact]
    public void A_copy_within_the_process_is_the_same_block()
    {
        using var block = FrameBlock.Rent(10);
        Assert.Same(block, _services.GetRequiredService<DeepCopier<FrameBlock>>().Copy(block));
        var request = new AppendRequest { Frames = block };
        Assert.Same(block, _services.GetRequiredService<DeepCopier<AppendRequest>>().Copy(request)!.Frames);
    }

    [Fact]
    public void No_block_is_no_block()
    {
        var serializer = Serializer<FetchAnswer>();
        Assert.Null(serializer.Deserialize(serializer.SerializeToArray(new FetchAnswer()))!.Frames);
    }

    private static FrameBlock Filled(FrameBlock block)
    {
        var span = block.WritableMemory.Span;
        for (var i = 0; i < span.Length; i++)
            span[i] = (byte)(i * 31);
        if (span.Length >= 4)
            BinaryPrimitives.WriteInt32LittleEndian(span, span.Length);
        return block;
    }

    private static void Refused(GridErrorCode code, Action action) => Assert.Equal(code, Assert.Throws<GridException>(action).Code);

    private Serializer<T> Serializer<T>() => _services.GetRequiredService<Serializer<T>>();
}
