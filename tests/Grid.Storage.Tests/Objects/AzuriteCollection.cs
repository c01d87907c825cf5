using Grid.Testing.Objects;

namespace Grid.Storage.Tests.Objects;

/// <summary>The tests that share one emulator.</summary>
[CollectionDefinition(AzuriteFixture.Collection)]
public sealed class AzuriteCollection : ICollectionFixture<AzuriteFixture>;
