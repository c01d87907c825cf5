using System.Text;
using Azure.Core;
using Grid.Abstractions;
using Grid.Storage.Objects;
using Grid.Testing.Objects;
using Request = Azure.Core.Request;

namespace Grid.Storage.Tests.Objects;

/// <summary>Writes whose answers are lost, late or misleading: what is told must be what happened.</summary>
[Collection(AzuriteFixture.Collection)]
public sealed class UnknownOutcomeTests(AzuriteFixture azurite)
{
    private readonly AzureBlobOptions _options = azurite.NewContainer() with { BlockBytes = 64 * 1024 };

    /// <summary>All that can happen to a write.</summary>
    public static TheoryData<HttpFault> Faults => [HttpFault.NotSent, HttpFault.Busy, HttpFault.AnswerLost, HttpFault.DoneAndError, HttpFault.DoneAndSilent, HttpFault.SentTwice];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_create_is_told_as_made(HttpFault fault)
    {
        await Plain().TryCreateAsync("other", Bytes("x"), default);
        var tag = await Faulty(IsPut, fault).TryCreateAsync("a", Bytes("one"), default);
        await AssertIsAsync("a", "one", tag);
        Assert.NotNull(await Plain().TryReplaceAsync("a", Bytes("two"), tag!.Value, default));
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_create_of_what_exists_is_told_as_refused(HttpFault fault)
    {
        var tag = await Plain().TryCreateAsync("a", Bytes("one"), default);
        Assert.Null(await Faulty(IsPut, fault).TryCreateAsync("a", Bytes("two"), default));
        await AssertIsAsync("a", "one", tag);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_replace_is_told_as_made(HttpFault fault)
    {
        var first = (await Plain().TryCreateAsync("a", Bytes("one"), default))!.Value;
        var tag = await Faulty(IsPut, fault).TryReplaceAsync("a", Bytes("two"), first, default);
        await AssertIsAsync("a", "two", tag);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_replace_under_an_old_tag_is_told_as_refused(HttpFault fault)
    {
        var first = (await Plain().TryCreateAsync("a", Bytes("one"), default))!.Value;
        var second = await Plain().TryReplaceAsync("a", Bytes("two"), first, default);
        Assert.Null(await Faulty(IsPut, fault).TryReplaceAsync("a", Bytes("three"), first, default));
        await AssertIsAsync("a", "two", second);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_large_object_is_told_as_made_whatever_happens_to_a_block_or_the_commit(HttpFault fault)
    {
        foreach (var query in new[] { "comp=block&", "comp=blocklist" })
        {
            var content = PatternStream.Bytes(3, 300_000);
            var name = query.Contains("list", StringComparison.Ordinal) ? "list" : "block";
            var tag = await Faulty(request => IsPut(request) && (request.Uri.Query + "&").Contains(query, StringComparison.Ordinal), fault)
                .TryCreateFromAsync(name, new PatternStream(3, 300_000), default);
            var read = (await Plain().ReadAsync(name, default))!;
            Assert.Equal(tag, read.Tag);
            Assert.True(content.AsSpan().SequenceEqual(read.Bytes.Span));
        }
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_delete_takes_the_object(HttpFault fault)
    {
        await Plain().TryCreateAsync("a", Bytes("one"), default);
        Assert.True(await Faulty(request => request.Method == RequestMethod.Delete, fault).DeleteAsync("a", default) || fault == HttpFault.SentTwice);
        Assert.Null(await Plain().FindAsync("a", default));
    }

    [Fact]
    public async Task A_conditional_delete_whose_answer_is_lost_is_told_as_not_known()
    {
        var tag = (await Plain().TryCreateAsync("a", Bytes("one"), default))!.Value;
        var store = Faulty(request => request.Method == RequestMethod.Delete, HttpFault.AnswerLost);
        Assert.Equal(GridErrorCode.StorageFailed, (await Assert.ThrowsAsync<GridException>(() => store.TryDeleteAsync("a", tag, default))).Code);
        Assert.Null(await Plain().FindAsync("a", default));

        // Where nothing was done, the repeat tells.
        tag = (await Plain().TryCreateAsync("a", Bytes("one"), default))!.Value;
        Assert.True(await Faulty(request => request.Method == RequestMethod.Delete, HttpFault.Busy).TryDeleteAsync("a", tag, default));
    }

    [Theory]
    [InlineData(HttpFault.AnswerLost)]
    [InlineData(HttpFault.SentTwice)]
    public async Task A_replace_that_took_effect_and_was_overtaken_before_its_writer_looked_is_told_as_made(HttpFault fault)
    {
        var first = (await Plain().TryCreateAsync("a", Bytes("one"), default))!.Value;
        var tag = await FaultyThen(fault, ReplaceAsync).TryReplaceAsync("a", Bytes("two"), first, default);
        Assert.NotNull(tag);
        Assert.Equal("two+", Text((await Plain().ReadAsync("a", default))!));

        // Its tag is of a version that is gone: nothing matches it any more.
        Assert.Null(await Plain().TryReplaceAsync("a", Bytes("three"), tag.Value, default));
        Assert.False(await Plain().TryDeleteAsync("a", tag.Value, default));
    }

    [Fact]
    public async Task A_replace_that_had_no_effect_and_was_overtaken_before_its_writer_looked_is_told_as_refused()
    {
        var first = (await Plain().TryCreateAsync("a", Bytes("one"), default))!.Value;
        Assert.Null(await FaultyThen(HttpFault.Busy, ReplaceAsync).TryReplaceAsync("a", Bytes("two"), first, default));
        Assert.Equal("one+", Text((await Plain().ReadAsync("a", default))!));
    }

    [Theory]
    [InlineData(HttpFault.AnswerLost)]
    [InlineData(HttpFault.NotSent)]
    public async Task A_replace_overtaken_by_more_writes_than_are_remembered_is_told_as_not_known(HttpFault fault)
    {
        var first = (await Plain().TryCreateAsync("a", Bytes("one"), default))!.Value;
        var store = FaultyThen(fault, async () =>
        {
            for (var i = 0; i < 10; i++)
                await ReplaceAsync();
        });
        Assert.Equal(GridErrorCode.StorageFailed, (await Assert.ThrowsAsync<GridException>(() => store.TryReplaceAsync("a", Bytes("two"), first, default))).Code);
    }

    [Fact]
    public async Task A_replace_whose_object_was_deleted_before_its_writer_looked_is_told_as_not_known()
    {
        var first = (await Plain().TryCreateAsync("a", Bytes("one"), default))!.Value;
        var store = FaultyThen(HttpFault.AnswerLost, () => Plain().DeleteAsync("a", default));
        Assert.Equal(GridErrorCode.StorageFailed, (await Assert.ThrowsAsync<GridException>(() => store.TryReplaceAsync("a", Bytes("two"), first, default))).Code);
    }

    [Fact]
    public async Task A_write_whose_look_fails_is_told_as_a_failure_and_repeated_in_vain_at_most_as_often_as_it_may()
    {
        await Plain().TryCreateAsync("other", Bytes("x"), default);
        var puts = 0;
        var store = Store(new FaultyTransport((message, send) =>
        {
            puts += IsPut(message.Request) ? 1 : 0;
            return (IsPut(message.Request) ? HttpFault.Busy : HttpFault.None).ApplyAsync(message, send);
        }));
        Assert.Equal(GridErrorCode.StorageFailed, (await Assert.ThrowsAsync<GridException>(() => store.TryCreateAsync("a", Bytes("x"), default))).Code);
        Assert.Equal(_options.RetriesMax + 1, puts);

        store = Store(new FaultyTransport((message, send) => (IsPut(message.Request) ? HttpFault.AnswerLost : HttpFault.Busy).ApplyAsync(message, send)));
        var unknown = await Assert.ThrowsAsync<GridException>(() => store.TryCreateAsync("a", Bytes("x"), default));
        Assert.Contains("read to see", unknown.Message, StringComparison.Ordinal);
        Assert.Equal("x", Text((await Plain().ReadAsync("a", default))!));
    }

    [Fact]
    public async Task A_transfer_with_a_wrong_bit_is_read_again()
    {
        var content = PatternStream.Bytes(5, 50_000);
        await Plain().TryCreateAsync("a", content, default);
        var read = await Faulty(request => request.Method == RequestMethod.Get, HttpFault.Damaged).ReadRangeAsync("a", 100, 40_000, default);
        Assert.True(content.AsSpan(100, 40_000).SequenceEqual(read!.Bytes.Span));
    }

    [Fact]
    public async Task A_write_that_is_cancelled_while_nobody_answers_is_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        var store = Store(new FaultyTransport(async (message, send) =>
        {
            await send();
            await cancel.CancelAsync();
            await Task.Delay(Timeout.Infinite, message.CancellationToken);
        }));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.TryCreateAsync("a", Bytes("x"), cancel.Token));
    }

    /// <summary>
    /// Writers that append their operations' ids to one object by compare-and-swap, over a bad line. What was told as made is in the object once, what was told as
    /// refused is not, and no operation is there twice.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task What_is_told_over_a_bad_line_is_what_happened(int seed)
    {
        const int Writers = 4, Operations = 25;
        HttpFault[] faults = [HttpFault.NotSent, HttpFault.Busy, HttpFault.AnswerLost, HttpFault.DoneAndError, HttpFault.SentTwice, HttpFault.Damaged];
        await Plain().TryCreateAsync("log", Bytes(""), default);
        var made = new List<string>();
        var refused = new List<string>();
        var unknown = 0;
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            var store = new AzureBlobObjectStore(_options with { RetriesMax = 8, Transport = FaultyTransport.AtRandom((seed * 100) + writer, 0.3, faults) }, TimeProvider.System);
            for (var i = 0; i < Operations; i++)
            {
                var id = $"{writer}.{i}";
                try
                {
                    var read = (await store.ReadAsync("log", default))!;
                    var told = await store.TryReplaceAsync("log", Bytes(Text(read) + id + ";"), read.Tag, default);
                    lock (made)
                        (told is null ? refused : made).Add(id);
                }
                catch (GridException exception) when (exception.Code == GridErrorCode.StorageFailed)
                {
                    Interlocked.Increment(ref unknown);
                }
            }
        })));

        var log = Text((await Plain().ReadAsync("log", default))!).Split(';', StringSplitOptions.RemoveEmptyEntries);
        var what = $"seed {seed}: {made.Count} made, {refused.Count} refused, {unknown} not known, log {string.Join(' ', log)}";
        Assert.True(log.Distinct().Count() == log.Length, what);
        Assert.True(made.All(log.Contains), what + "; lost: " + string.Join(' ', made.Except(log)));
        Assert.True(!refused.Any(log.Contains), what + "; refused and made: " + string.Join(' ', refused.Intersect(log)));
        Assert.True(made.Count > 0 && unknown < Writers * Operations / 4, what);
    }

    private static bool IsPut(Request request) => request.Method == RequestMethod.Put;

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(ObjectContent content) => Encoding.UTF8.GetString(content.Bytes.Span);

    private AzureBlobObjectStore Plain() => new(_options, TimeProvider.System);

    /// <summary>A store whose requests give up fast where nobody answers.</summary>
    private AzureBlobObjectStore Store(FaultyTransport transport) => new(_options with { Transport = transport, AttemptTimeoutMs = 2_000 }, TimeProvider.System);

    private AzureBlobObjectStore Faulty(Func<Request, bool> matches, HttpFault fault) => Store(FaultyTransport.Once(matches, fault));

    /// <summary>A store whose first PUT meets a fault, and then something else happens before the writer can look.</summary>
    private AzureBlobObjectStore FaultyThen(HttpFault fault, Func<Task> then)
    {
        var done = 0;
        return Store(new FaultyTransport(async (message, send) =>
        {
            if (!IsPut(message.Request) || Interlocked.Exchange(ref done, 1) == 1)
            {
                await send();
                return;
            }

            try
            {
                await fault.ApplyAsync(message, send);
            }
            finally
            {
                await then();
            }
        }));
    }

    /// <summary>Another writer's change.</summary>
    private async Task ReplaceAsync()
    {
        var read = (await Plain().ReadAsync("a", default))!;
        Assert.NotNull(await Plain().TryReplaceAsync("a", Bytes(Text(read) + "+"), read.Tag, default));
    }

    private async Task AssertIsAsync(string name, string content, ObjectTag? tag)
    {
        var read = (await Plain().ReadAsync(name, default))!;
        Assert.Equal(content, Text(read));
        Assert.Equal(tag, read.Tag);
    }
}
